import type { Env } from '../env.ts'
import { fromBase64, toBase64 } from '../lib/base64.ts'
import { DerivedKey } from './root-secret.ts'

/** A text that only the account and the purpose it was sealed for can have back. All in base64. */
export interface Sealed {
  /** Id of the data key; absent: the root secret itself. */
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
}

const rootKey = new DerivedKey(secret =>
  crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']),
)

/** Secrets under the root secret of this Weir. */
export function secretsOf(env: Env): Secrets {
  const boundTo = (account: string, purpose: string) => new TextEncoder().encode(`${account}\n${purpose}`)
  return {
    async seal(account, purpose, plain) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const data = await crypto.subtle.encrypt(
        { name: 'AES-GCM', iv, additionalData: boundTo(account, purpose) },
        await rootKey.of(env),
        new TextEncoder().encode(plain),
      )
      return { iv: toBase64(iv), data: toBase64(new Uint8Array(data)) }
    },
    async open(account, purpose, { iv, data }) {
      const plain = await crypto.subtle.decrypt(
        { name: 'AES-GCM', iv: fromBase64(iv), additionalData: boundTo(account, purpose) },
        await rootKey.of(env),
        fromBase64(data),
      )
      return new TextDecoder().decode(plain)
    },
  }
}
