import { nameKey, policies } from '../../../identity/iam-records.ts'
import { type FoundPolicy, lookUpPolicy } from './answers.ts'
import type { Context, Draft } from './context.ts'
import { noSuchEntity } from './refusals.ts'

/** @param shown how the message names the policy */
export async function requireAttachable(context: Context, arn: string, shown: string): Promise<FoundPolicy> {
  const found = await lookUpPolicy(context, arn)
  if (!found) throw noSuchEntity(`${shown} does not exist or is not attachable.`)
  return found
}

/**
 * Counts, in the change that attaches or detaches it, who uses a policy of the customer's own: so that it cannot be
 * deleted at the same moment. AWS's own are counted when somebody asks.
 */
export function changeCount(
  draft: Draft,
  found: FoundPolicy | undefined,
  counter: 'attachments' | 'boundaryUses',
  by: 1 | -1,
): void {
  if (found?.kind !== 'customer') return
  const { policy } = found
  // Before whom it is attached to: a crash may have kept it from being published, and its denials would not count.
  if (by === 1) draft.publish('policy', policy.id)
  draft.writes.replace(policies, policy, { ...policy.doc, [counter]: policy.doc[counter] + by })
}

export const policyKey = (name: string) => ({ parent: '', id: nameKey(name) })
