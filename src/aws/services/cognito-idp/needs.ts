import { poolArn, pools } from '../../../identity/user-pools/pool-records.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { contextOf } from './context.ts'

interface Named {
  readonly UserPoolId?: string
  readonly ResourceArn?: string
}

/**
 * What the operations of user pools ask for: each is an action of its own, on the pool's ARN.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
 */
export function cognitoNeeds({ UserPoolId, ResourceArn }: Named, call: Call<Platform>): readonly Need[] {
  const { account, records } = contextOf(call)
  const resource = UserPoolId === undefined ? (ResourceArn ?? '*') : poolArn(account, UserPoolId)
  const id = UserPoolId ?? ResourceArn?.split('/').at(-1)
  const tags = async () => (id === undefined ? undefined : (await records.get(pools, '', id))?.doc.tags)
  return [{ action: `cognito-idp:${call.operation}`, resource, tags }]
}
