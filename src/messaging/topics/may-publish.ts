import type { ServicePrincipal } from '../../functions/invocation.ts'
import type { CompiledPolicy } from '../../identity/policies/compile-policy.ts'
import { decideByResource } from '../../identity/policies/decide.ts'
import { requestContext } from '../../identity/policies/request.ts'

/**
 * Whether a topic's policy lets a service publish. It may as itself, or, where the policy speaks of `AWS:SourceOwner` as
 * the one does that every topic begins with, as the account on whose behalf it does so.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
export function mayPublish(
  policy: CompiledPolicy,
  topicArn: string,
  { service, sourceArn, sourceAccount }: ServicePrincipal,
): boolean {
  const context = requestContext({
    'aws:SourceArn': sourceArn,
    'aws:SourceAccount': sourceAccount,
    'aws:SourceOwner': sourceAccount,
  })
  const asked = { action: 'sns:Publish', resource: topicArn, context }
  return (
    decideByResource(policy, { ...asked, principal: { kind: 'service', name: service } }).allowed ||
    decideByResource(policy, { ...asked, principal: { kind: 'root', account: sourceAccount } }).allowed
  )
}
