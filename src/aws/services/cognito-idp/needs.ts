import { poolArn, pools } from '../../../identity/user-pools/pool-records.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { contextOf } from './context.ts'

interface Named {
  readonly UserPoolId?: string
  readonly ResourceArn?: string
  readonly UserPoolTags?: Readonly<Record<string, string>>
  readonly Tags?: Readonly<Record<string, string>>
  readonly TagKeys?: readonly string[]
}

/**
 * What the operations of user pools ask for: each is an action of its own, on the pool's ARN.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
 */
export async function cognitoNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const { account, records } = contextOf(call)
  const { UserPoolId, ResourceArn } = input
  const resource = UserPoolId === undefined ? (ResourceArn ?? '*') : poolArn(account, UserPoolId)
  const id = UserPoolId ?? ResourceArn?.split('/').at(-1)
  const pool = id === undefined ? undefined : await records.get(pools, '', id)
  const given = input.UserPoolTags ?? input.Tags ?? {}
  const keys = input.TagKeys ?? Object.keys(given)
  return [
    {
      action: `cognito-idp:${call.operation}`,
      resource,
      context: {
        ...entries('aws:RequestTag/', given),
        ...entries('aws:ResourceTag/', pool?.doc.tags ?? {}),
        ...(keys.length > 0 && { 'aws:TagKeys': keys }),
      },
    },
  ]
}

const entries = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}${key}`, value]))
