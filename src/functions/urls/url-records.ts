import type { Account } from '../../lib/account.ts'
import type { Publications } from '../../records/publications.ts'
import { type Change, kind, type Stored } from '../../records/records.ts'
import type { AuthType, Cors, InvokeMode } from './pointer.ts'

export interface FunctionUrlRecord {
  /** In the URL; never given twice. */
  readonly urlId: string
  readonly authType: AuthType
  /** Absent as long as nobody has said one, which means `BUFFERED`. */
  readonly invokeMode?: InvokeMode
  readonly cors?: Cors
  /** `2026-11-22T20:48:00.000Z` */
  readonly created: string
  readonly modified: string
}

/** Parent: the function's name. Id: `policyId` of the alias. Alias: the URL's id. */
export const functionUrls = kind<FunctionUrlRecord>('lambda.function-url')

/** Kind of publication that keeps a URL's UrlRouter up to date; its pointer is the URL's id. */
export const URL_PUBLICATION = 'function-url'

/** A URL goes with what it leads to. To be followed, once that is committed, by {@link publishUrls}. */
export function removeUrls(change: Change, urls: readonly Stored<FunctionUrlRecord>[]): Change {
  for (const url of urls) {
    change.remove(functionUrls, url).publish({ kind: URL_PUBLICATION, id: url.doc.urlId })
  }
  return change
}

export async function publishUrls(
  publications: Publications,
  account: Account,
  urls: readonly Stored<FunctionUrlRecord>[],
): Promise<void> {
  await Promise.all(urls.map(({ doc }) => publications.publish(account, URL_PUBLICATION, doc.urlId)))
}
