import type { Env } from '../env.ts'
import { Refusal } from '../lib/refusal.ts'
import { decrypt, encrypt } from './aes.ts'
import { DerivedKey, derivedFrom } from './root-secret.ts'
import type { Sealed } from './secrets.ts'

const wrapping = new DerivedKey(secret =>
  derivedFrom(secret, 'weir: data keys of accounts', { name: 'AES-GCM', length: 256 }, [
    'encrypt',
    'decrypt',
  ]),
)

const boundTo = (account: string, id: string) => `data key\n${account}\n${id}`

/** A data key under the current root secret; `key` of what comes out is that secret's name. */
export async function wrapKey(
  env: Env,
  account: string,
  id: string,
  raw: Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  const root = (await wrapping.all(env))[0]!
  return { key: root.id, ...(await encrypt(root.key, boundTo(account, id), raw)) }
}

/** The bytes of a data key. Refuses when it is under a root secret that this Weir does not have (any more). */
export async function unwrapKey(
  env: Env,
  account: string,
  id: string,
  wrapped: Sealed,
): Promise<Uint8Array<ArrayBuffer>> {
  const roots = await wrapping.all(env)
  const root = roots.find(each => each.id === wrapped.key)
  if (!root) {
    throw new Refusal(
      'InvalidParameterValueException',
      'This was encrypted under another WEIR_ENCRYPTION_KEY than this Weir has. Set that one as WEIR_ENCRYPTION_KEY_PREVIOUS.',
      { members: { Type: 'User' } },
    )
  }
  return decrypt(root.key, boundTo(account, id), wrapped)
}

/** Names of all root secrets that this Weir has, the current one first. */
export const knownRoots = async (env: Env): Promise<readonly string[]> =>
  (await wrapping.all(env)).map(({ id }) => id)
