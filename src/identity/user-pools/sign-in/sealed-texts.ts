import type { Sealed, Secrets } from '../../../encryption/secrets.ts'
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from '../../../lib/base64.ts'
import { isOutage } from '../../../lib/is-outage.ts'
import type { FoundClient } from '../find-pool.ts'

/**
 * What a sign-in has come to is kept by whoever signs in: in a text that only this pool can read, and only where it is
 * of the same client. So every isolate can go on with it, and nothing is stored for those who never come back.
 */
export type SessionKind = 'session' | 'secret block' | 'refresh token'

type Of = Pick<FoundClient, 'account' | 'client'>

const purposeOf = (kind: SessionKind, { client }: Of): string =>
  `user pool ${kind} ${client.parent} ${client.id}`

/** A text of letters, digits, `-`, `_` and dots, which begins with the id of the client. */
export async function sealText(
  secrets: Pick<Secrets, 'seal'>,
  of: Of,
  kind: SessionKind,
  value: unknown,
): Promise<string> {
  const { key, iv, data } = await secrets.seal(of.account.id, purposeOf(kind, of), JSON.stringify(value))
  const name = key === undefined ? '' : toBase64Url(new TextEncoder().encode(key))
  return [of.client.id, name, toBase64Url(fromBase64(iv)), toBase64Url(fromBase64(data))].join('.')
}

/** Undefined for a text that was not made by {@link sealText} for the same. */
export async function openText(
  secrets: Pick<Secrets, 'open'>,
  of: Of,
  kind: SessionKind,
  text: string,
): Promise<unknown> {
  const sealed = readSealed(text)
  if (!sealed || clientOfText(text) !== of.client.id) return undefined
  try {
    return JSON.parse(await secrets.open(of.account.id, purposeOf(kind, of), sealed))
  } catch (error) {
    if (isOutage(error)) throw error
    return undefined
  }
}

/** The client that a text says it is of: nothing of it is proven yet. */
export const clientOfText = (text: string): string => text.slice(0, text.indexOf('.'))

function readSealed(text: string): Sealed | undefined {
  const [, key, iv, data, ...rest] = text.split('.')
  if (key === undefined || !iv || !data || rest.length > 0) return undefined
  try {
    const sealed = { iv: toBase64(bytesOf(iv)), data: toBase64(bytesOf(data)) }
    return key === '' ? sealed : { key: new TextDecoder().decode(bytesOf(key)), ...sealed }
  } catch {
    return undefined
  }
}

/** Throws where it is not written as here: the last character has bits to spare, and no two texts are to be the same. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64Url(text)
  if (toBase64Url(bytes) !== text) throw new Error('not as it was written')
  return bytes
}
