import type { ServicePrincipal } from '../functions/invocation.ts'
import { partsOfArn } from '../lib/arn.ts'
import { groupArn } from './deployment-records.ts'
import type { Release } from './deployment-state.ts'

/**
 * As whom a deployment publishes to a topic. What the group's role may do was asked when the deployment began; a topic
 * of another account has to let CodeDeploy in by its own policy.
 */
export function publisherFor(
  { account, application, group }: Release,
  topic: string,
): ServicePrincipal | undefined {
  if (partsOfArn(topic).account === account.id) return undefined
  return {
    service: 'codedeploy.amazonaws.com',
    sourceArn: groupArn(account, application, group),
    sourceAccount: account.id,
  }
}
