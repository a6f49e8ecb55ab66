import { modify } from '../../records/modify.ts'
import type { Stored } from '../../records/records.ts'
import { freePlace } from '../control/access-key-places.ts'
import { newAccessKey } from '../control/new-access-key.ts'
import { type AccessKeyRecord, accessKeys, iamAccount } from '../iam-records.ts'
import type { KeyPair } from '../key-pair.ts'
import { IDENTITY_PUBLICATION, identityId } from '../published.ts'
import type { AccountPlatform } from './create-account.ts'

export interface RootKey {
  readonly accessKeyId: string
  readonly active: boolean
  /** ISO 8601. */
  readonly created: string
}

/** The access keys of an account's root. */
export class RootKeys {
  readonly #platform: AccountPlatform
  readonly #account: string

  constructor(platform: AccountPlatform, account: string) {
    this.#platform = platform
    this.#account = account
  }

  async list(): Promise<RootKey[]> {
    const keys = await this.#records().all(accessKeys, '')
    return keys.map(({ id, doc }) => ({
      accessKeyId: id,
      active: doc.active,
      created: new Date(doc.created).toISOString(),
    }))
  }

  /** The secret is told once. */
  async create(): Promise<KeyPair | 'too-many'> {
    const { secrets, clock } = this.#platform
    const { id, secret, record } = await newAccessKey(secrets, this.#account, undefined, clock())
    const isMade = await modify(async () => {
      const place = freePlace('', await this.#records().all(accessKeys, ''))
      if (place === undefined) return false
      const change = this.#records().change().create(accessKeys, { parent: '', id }, record, place)
      await change.publish(publicationOf(id)).commit()
      return true
    })
    if (!isMade) return 'too-many'
    await this.#publish(id)
    return { accessKeyId: id, secretAccessKey: secret }
  }

  /** Whether there is such a key. */
  setActive(id: string, active: boolean): Promise<boolean> {
    return this.#change(id, (change, stored) => change.replace(accessKeys, stored, { ...stored.doc, active }))
  }

  /** Whether there was such a key. */
  remove(id: string): Promise<boolean> {
    return this.#change(id, (change, stored) => change.remove(accessKeys, stored))
  }

  async #change(
    id: string,
    edit: (change: Change, stored: Stored<AccessKeyRecord>) => Change,
  ): Promise<boolean> {
    const found = await modify(async () => {
      const stored = await this.#records().get(accessKeys, '', id)
      if (!stored) return false
      await edit(this.#records().change().publish(publicationOf(id)), stored).commit()
      return true
    })
    if (found) await this.#publish(id)
    return found
  }

  #records() {
    return this.#platform.records(iamAccount(this.#account))
  }

  #publish(id: string): Promise<void> {
    const { kind, id: pointer } = publicationOf(id)
    return this.#platform.publications.publish(iamAccount(this.#account), kind, pointer)
  }
}

type Change = ReturnType<ReturnType<AccountPlatform['records']>['change']>

const publicationOf = (id: string) => ({ kind: IDENTITY_PUBLICATION, id: identityId('key', id) })
