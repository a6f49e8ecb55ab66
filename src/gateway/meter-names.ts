import type { Account } from '../lib/account.ts'
import { sha256Hex } from '../lib/hash.ts'
import { keyMeterName } from '../metering/key-record.ts'

interface Known {
  readonly account: Account
  readonly name: string
}

/**
 * The names of keys' meters by the keys' values, so that a key's second request hashes nothing and waits for
 * nothing. Bounded, as anybody may send anything as a key: of two generations the older one is dropped when the
 * younger is full, and what is used moves to the younger one.
 */
export class MeterNames {
  readonly #half: number
  #young = new Map<string, Known>()
  #old = new Map<string, Known>()

  constructor(capacity = 10_000) {
    this.#half = Math.max(1, Math.floor(capacity / 2))
  }

  of(account: Account, keyValue: string): string | Promise<string> {
    const known = this.#young.get(keyValue) ?? this.#promote(keyValue)
    if (known && known.account.id === account.id && known.account.region === account.region) return known.name
    return this.#hash(account, keyValue)
  }

  async #hash(account: Account, keyValue: string): Promise<string> {
    const name = keyMeterName(account.id, account.region, await sha256Hex(keyValue))
    this.#keep(keyValue, { account, name })
    return name
  }

  #promote(keyValue: string): Known | undefined {
    const known = this.#old.get(keyValue)
    if (known) this.#keep(keyValue, known)
    return known
  }

  #keep(keyValue: string, known: Known): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(keyValue, known)
  }
}
