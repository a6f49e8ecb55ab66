import type { Env } from '../env.ts'
import { type AccountKeys, obtainAccountKeys, readAccountKeys } from './account-keys.ts'
import { aesKey, decrypt, encrypt } from './aes.ts'
import { DerivedKey, derivedFrom } from './root-secret.ts'
import { unwrapKey } from './wrap-key.ts'

/** A text that only the account and the purpose it was sealed for can have back. All in base64. */
export interface Sealed {
  /** Id of the key that sealed it; absent: a root secret itself, as releases before data keys did. */
  readonly key?: string
  readonly iv: string
  readonly data: string
}

/** Encrypts what must not lie in the clear. */
export interface Secrets {
  /** @param purpose what it is and whose: `cognito client 1h57kf5cpq17m0eml12EXAMPLE` */
  seal(account: string, purpose: string, plain: string): Promise<Sealed>
  /** Throws when it was not sealed for this account and purpose, or was altered. */
  open(account: string, purpose: string, sealed: Sealed): Promise<string>
  /**
   * 32 bytes that look like chance and are always the same for a text: also after the root secret was rotated.
   *
   * @param purpose what they are for
   */
  mark(account: string, purpose: string, text: string): Promise<Uint8Array<ArrayBuffer>>
}

/** Where accounts' data keys come from, and what unwraps them. */
export interface KeySource {
  /** As the data plane knows them. */
  read(account: string): Promise<AccountKeys | undefined>
  /** Makes them if there are none. */
  obtain(account: string): Promise<AccountKeys>
  unwrap(account: string, id: string, wrapped: Sealed): Promise<Uint8Array<ArrayBuffer>>
  /** What sealed before there were data keys. */
  roots(): Promise<readonly CryptoKey[]>
}

/** Of data keys: a root secret as accounts keep it that have something it sealed itself. See `rotate-root.ts`. */
export const ADOPTED = 'root-'

/** Unwrapped keys that an isolate keeps; a key is some hundred bytes. */
const KEPT = 5_000

/**
 * Secrets under the data keys of their accounts, which the root secret wraps. Keys once unwrapped stay in memory,
 * finished ones only: on Workers a promise of one request must not be awaited in another.
 */
class AccountSecrets implements Secrets {
  readonly #source: KeySource
  readonly #keys = new Map<string, CryptoKey>()
  /** For marks, by account and purpose. */
  readonly #marking = new Map<string, CryptoKey>()
  /** Ids of the keys that accounts seal with. */
  readonly #current = new Map<string, string>()

  constructor(source: KeySource) {
    this.#source = source
  }

  async seal(account: string, purpose: string, plain: string): Promise<Sealed> {
    const { id, key } = await this.#sealing(account)
    return { key: id, ...(await encrypt(key, boundTo(account, purpose), utf8(plain))) }
  }

  async open(account: string, purpose: string, sealed: Sealed): Promise<string> {
    const bound = boundTo(account, purpose)
    if (sealed.key === undefined) return this.openEarlier(account, bound, sealed)
    return new TextDecoder().decode(await decrypt(await this.#keyOf(account, sealed.key), bound, sealed))
  }

  async mark(account: string, purpose: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
    const key = this.#marking.get(nameOf(account, purpose)) ?? (await this.#markingKey(account, purpose))
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text)))
  }

  /** What a root secret sealed itself, in the form it had then: bound to `bound` alone. */
  async openEarlier(account: string, bound: string, sealed: Sealed): Promise<string> {
    for (const root of await this.#source.roots()) {
      const plain = await decrypt(root, bound, sealed).catch(() => undefined)
      if (plain) return new TextDecoder().decode(plain)
    }
    const adopted = Object.keys((await this.#source.read(account))?.dataKeys ?? {})
    for (const id of adopted.filter(each => each.startsWith(ADOPTED))) {
      const plain = await decrypt(await this.#keyOf(account, id), bound, sealed).catch(() => undefined)
      if (plain) return new TextDecoder().decode(plain)
    }
    throw new Error(`nothing that this Weir has opens a secret of account ${account}`)
  }

  /** Keys of accounts that are gone: an account's number may be given again. */
  forget(): void {
    this.#keys.clear()
    this.#marking.clear()
    this.#current.clear()
  }

  async #markingKey(account: string, purpose: string): Promise<CryptoKey> {
    const keys = (await this.#source.read(account)) ?? (await this.#source.obtain(account))
    const raw = await this.#source.unwrap(account, keys.current, keys.dataKeys[keys.current]!)
    const key = await derivedFrom(raw, `weir: ${purpose}`, { name: 'HMAC', hash: 'SHA-256', length: 256 }, [
      'sign',
    ])
    if (this.#marking.size >= KEPT) this.#marking.clear()
    this.#marking.set(nameOf(account, purpose), key)
    return key
  }

  async #sealing(account: string): Promise<{ id: string; key: CryptoKey }> {
    const known = this.#current.get(account)
    const kept = known === undefined ? undefined : this.#keys.get(nameOf(account, known))
    if (known !== undefined && kept) return { id: known, key: kept }
    const keys = await this.#source.obtain(account)
    const key = await this.#unwrapped(account, keys.current, keys)
    if (this.#current.size >= KEPT) this.#current.clear()
    this.#current.set(account, keys.current)
    return { id: keys.current, key }
  }

  async #keyOf(account: string, id: string): Promise<CryptoKey> {
    return (
      this.#keys.get(nameOf(account, id)) ?? this.#unwrapped(account, id, await this.#source.read(account))
    )
  }

  async #unwrapped(account: string, id: string, keys: AccountKeys | undefined): Promise<CryptoKey> {
    const wrapped = keys?.dataKeys[id]
    if (!wrapped) throw new Error(`account ${account} has no data key ${id}`)
    const key = await aesKey(await this.#source.unwrap(account, id, wrapped))
    if (this.#keys.size >= KEPT) this.#keys.clear()
    this.#keys.set(nameOf(account, id), key)
    return key
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>

const boundTo = (account: string, purpose: string): string => `${account}\n${purpose}`

const nameOf = (account: string, id: string): string => `${account} ${id}`

const rootKeys = new DerivedKey(aesKey)

const known = new WeakMap<Env, AccountSecrets>()

/** Secrets of this Weir: what one isolate keeps of its keys is kept once. */
export function secretsOf(env: Env): AccountSecrets {
  let secrets = known.get(env)
  if (!secrets) {
    secrets = new AccountSecrets({
      read: account => readAccountKeys(env, account),
      obtain: account => obtainAccountKeys(env, account),
      unwrap: (account, id, wrapped) => unwrapKey(env, account, id, wrapped),
      roots: async () => (await rootKeys.all(env)).map(({ key }) => key),
    })
    known.set(env, secrets)
  }
  return secrets
}
