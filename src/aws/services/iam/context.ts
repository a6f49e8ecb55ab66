import type { IAM } from '@aws-sdk/client-iam'
import { iamAccount, nameKey, type RoleRecord, roles } from '../../../identity/iam-records.ts'
import { type CheckedKind, checkDocument } from '../../../identity/policies/check-document.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { modify } from '../../../records/modify.ts'
import { type Change, type Records, StaleRevision, type Stored } from '../../../records/records.ts'
import type { Call, Handlers } from '../../wire/service.ts'
import { malformedPolicy, noSuchEntity } from './refusals.ts'

export type IamHandlers = Handlers<IAM, Platform>

/** What almost every operation needs of its call. */
export interface Context {
  /** Twelve digits. */
  readonly account: string
  readonly records: Records
  /** Milliseconds since the epoch. */
  readonly now: number
}

export const contextOf = ({ account, platform }: Call<Platform>): Context => ({
  account,
  records: platform.records(iamAccount(account)),
  now: platform.clock(),
})

export async function findRole({ records }: Context, name: string): Promise<Stored<RoleRecord>> {
  const role = await records.get(roles, '', nameKey(name))
  if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`)
  return role
}

/** A change: `work` reads, decides and commits, and is run again when somebody else was faster. */
export async function change<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await modify(work)
  } catch (error) {
    if (!(error instanceof StaleRevision)) throw error
    throw new Refusal(
      'ConcurrentModificationException',
      'Request was rejected because multiple requests to change this object were submitted simultaneously.',
      { cause: error },
    )
  }
}

/** A change of one role: what `edit` answers is what it is from now on. */
export const changeRole = (
  context: Context,
  name: string,
  edit: (role: RoleRecord, further: Change) => RoleRecord | Promise<RoleRecord>,
): Promise<RoleRecord> =>
  change(async () => {
    const role = await findRole(context, name)
    const transaction = context.records.change()
    const doc = await edit(role.doc, transaction)
    await transaction.replace(roles, role, doc).commit()
    return doc
  })

/** The text of a policy that may be kept. Refuses what is none, as IAM does. */
export function checkedPolicy(text: string, kind: CheckedKind): string {
  const checked = checkDocument(text, kind)
  if (!checked.ok) throw malformedPolicy(checked.message)
  return text
}

/** "IAM doesn't count white space when calculating the size of a policy." */
export const sizeOf = (policy: string): number => policy.replace(/\s/g, '').length
