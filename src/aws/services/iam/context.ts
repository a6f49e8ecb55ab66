import type { IAM } from '@aws-sdk/client-iam'
import { iamAccount } from '../../../identity/iam-records.ts'
import { type CheckedKind, checkDocument } from '../../../identity/policies/check-document.ts'
import { compactPolicy } from '../../../identity/policies/policy-document.ts'
import { IDENTITY_PUBLICATION, identityId, type PublishedKind } from '../../../identity/published.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Change, Records } from '../../../records/records.ts'
import type { Call, Handlers, Identity } from '../../wire/service.ts'
import { concurrentModification, malformedPolicy } from './refusals.ts'

export type IamHandlers = Handlers<IAM, Platform>

/** What almost every operation needs of its call. */
export interface Context {
  /** Twelve digits. */
  readonly account: string
  readonly caller: Identity
  readonly platform: Platform
  readonly records: Records
  /** Milliseconds since the epoch, of the second: IAM's times have no fractions. */
  readonly now: number
}

export const contextOf = ({ account, identity, platform }: Call<Platform>): Context => ({
  account,
  caller: identity,
  platform,
  records: platform.records(iamAccount(account)),
  now: Math.floor(platform.clock() / 1_000) * 1_000,
})

/** What an operation is about to write, and of whom the data plane has to be told. */
export class Draft {
  readonly #records: Records
  readonly #outdated = new Set<string>()
  #writes: Change | undefined

  constructor(records: Records) {
    this.#records = records
  }

  get writes(): Change {
    this.#writes ??= this.#records.change()
    return this.#writes
  }

  /** Ids of publications. */
  get outdated(): ReadonlySet<string> {
    return this.#outdated
  }

  /** See {@link PublishedKind} for what names are. */
  publish(kind: PublishedKind, name: string): void {
    this.#outdated.add(identityId(kind, name))
  }

  async commit(): Promise<void> {
    if (!this.#writes) return
    for (const id of this.#outdated) this.#writes.publish({ kind: IDENTITY_PUBLICATION, id })
    await this.#writes.commit()
  }
}

/**
 * A change: `work` reads, decides and drafts, and is run again when somebody else was faster. What it drafted is
 * written, and then the data plane is told.
 */
export async function change<T>(context: Context, work: (draft: Draft) => Promise<T>): Promise<T> {
  const { result, outdated } = await modifyOr(concurrentModification, async () => {
    const draft = new Draft(context.records)
    const result = await work(draft)
    await draft.commit()
    return { result, outdated: draft.outdated }
  })
  const { publications } = context.platform
  for (const id of outdated) await publications.publish(iamAccount(context.account), IDENTITY_PUBLICATION, id)
  return result
}

/** The text of a policy that may be kept. Refuses what is none, as IAM does. */
export function checkedPolicy(text: string, kind: CheckedKind): string {
  const checked = checkDocument(text, kind)
  if (!checked.ok) throw malformedPolicy(checked.message)
  return text
}

/**
 * "IAM doesn't count white space when calculating the size of a policy." What stands within its texts is no such: it
 * is kept in memory wherever the policy is asked.
 */
export const sizeOf = (policy: string): number => compactPolicy(policy).length
