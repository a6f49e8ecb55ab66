import type { Account } from '../../lib/account.ts'
import type { Records, Stored } from '../../records/records.ts'
import {
  aliases,
  type Configuration,
  type FunctionRecord,
  functions,
  versionId,
  versions,
} from './function-records.ts'
import type { FunctionReference } from './function-reference.ts'
import { isVersion } from './function-reference.ts'
import { functionNotFound } from './function-refusals.ts'

export async function findFunction(
  records: Records,
  account: Account,
  name: string,
): Promise<Stored<FunctionRecord>> {
  const found = await records.get(functions, '', name)
  if (!found) throw functionNotFound(account, name)
  return found
}

/** A function with the version that a reference selects. */
export interface Selected {
  readonly function: Stored<FunctionRecord>
  /** `$LATEST` or a number. */
  readonly version: string
  readonly configuration: Configuration
}

/** What a qualifier selects: `$LATEST` without one, a version, or the one that an alias sends most of its calls to. */
export async function findVersion(
  records: Records,
  account: Account,
  { name, qualifier }: FunctionReference,
): Promise<Selected> {
  const found = await records.get(functions, '', name)
  if (!found) throw functionNotFound(account, name, qualifier)
  const alias =
    qualifier === undefined || qualifier === '$LATEST' || isVersion(qualifier)
      ? undefined
      : await records.get(aliases, name, qualifier)
  const version = alias ? alias.doc.version : (qualifier ?? '$LATEST')
  if (version === '$LATEST') return { function: found, version, configuration: found.doc.latest }
  const stored = isVersion(version) ? await records.get(versions, name, versionId(version)) : undefined
  if (!stored) throw functionNotFound(account, name, qualifier)
  return { function: found, version, configuration: stored.doc }
}
