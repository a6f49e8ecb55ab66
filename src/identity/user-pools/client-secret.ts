import type { Secrets } from '../../encryption/secrets.ts'
import { fromBase64 } from '../../lib/base64.ts'
import type { FoundClient } from './find-pool.ts'
import { clientPurpose } from './pool-records.ts'

/** The secret of a client, the older one where it has two; undefined for one that has none. */
export async function secretOf(
  secrets: Secrets,
  { account, client }: Pick<FoundClient, 'account' | 'client'>,
): Promise<string | undefined> {
  const { secret } = client.doc
  return secret && secrets.open(account.id, clientPurpose(client.id), secret)
}

/** All secrets that a client may use: two at most, none of a public one. */
export async function secretsOfClient(
  secrets: Secrets,
  { account, client }: Pick<FoundClient, 'account' | 'client'>,
): Promise<string[]> {
  const { secret, secondSecret } = client.doc
  const sealed = [secret, secondSecret?.secret].filter(each => each !== undefined)
  return Promise.all(sealed.map(each => secrets.open(account.id, clientPurpose(client.id), each)))
}

const hmacKey = (secret: string) =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])

/**
 * Whether it is what a client with a secret sends along with a user's name: base64 of HMAC-SHA256(secret, name + client
 * id). Takes the same time whatever is wrong.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
 */
async function isSecretHash(
  secret: string,
  username: string,
  clientId: string,
  hash: string,
): Promise<boolean> {
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(hash)
  } catch {
    return false
  }
  const message = new TextEncoder().encode(username + clientId)
  return crypto.subtle.verify('HMAC', await hmacKey(secret), bytes, message)
}

/**
 * Why a client's request for a user is refused; undefined when its hash is right, or none is needed. The sentence is
 * a NotAuthorizedException's.
 *
 * @param usernames what the hash may be of: the name as it was sent, and where the user is known, the name it stands for
 */
export async function secretHashFault(
  secrets: Secrets,
  found: Pick<FoundClient, 'account' | 'client'>,
  usernames: readonly string[],
  hash: string | undefined,
): Promise<string | undefined> {
  const { id } = found.client
  const known = await secretsOfClient(secrets, found)
  if (known.length === 0) return undefined
  if (hash === undefined) return `Client ${id} is configured with secret but SECRET_HASH was not received`
  for (const secret of known) {
    for (const username of usernames) if (await isSecretHash(secret, username, id, hash)) return undefined
  }
  return `Unable to verify secret hash for client ${id}`
}

/**
 * Whether a text is one of a client's secrets. Compared by hashes, so that time tells nothing of how much of it was
 * right.
 */
export async function isSecret(known: readonly string[], given: string): Promise<boolean> {
  // No key can be made of it.
  if (given === '') return false
  const message = new TextEncoder().encode('client secret')
  const signature = await crypto.subtle.sign('HMAC', await hmacKey(given), message)
  for (const secret of known) {
    if (await crypto.subtle.verify('HMAC', await hmacKey(secret), signature, message)) return true
  }
  return false
}
