import { type PolicyRecord, policies } from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import { findPolicy } from './answers.ts'
import { type Context, change, checkedPolicy, sizeOf } from './context.ts'
import { LIMITS } from './limits.ts'
import { limitExceeded, noSuchEntity } from './refusals.ts'

/** A managed policy of the customer's own: AWS's are nobody's to change. */
export async function findOwnPolicy(context: Context, arn: string): Promise<Stored<PolicyRecord>> {
  const found = await findPolicy(context, arn)
  if (found.kind === 'aws') throw noSuchEntity(`Policy ${arn} was not found.`)
  return found.policy
}

/** A change of one of them: what `edit` answers is what it is from now on. */
export const changePolicy = (
  context: Context,
  arn: string,
  edit: (policy: PolicyRecord) => PolicyRecord,
): Promise<PolicyRecord> =>
  change(context, async draft => {
    const stored = await findOwnPolicy(context, arn)
    const doc = edit(stored.doc)
    draft.writes.replace(policies, stored, doc)
    draft.publish('policy', stored.id)
    return doc
  })

/** The text of a managed policy that may be kept. */
export function managedDocument(text: string): string {
  const document = checkedPolicy(text, 'managed')
  if (sizeOf(document) > LIMITS.managedPolicy) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${LIMITS.managedPolicy}`)
  }
  return document
}
