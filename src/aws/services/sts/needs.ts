import type { AssumeRoleRequest } from '@aws-sdk/client-sts'
import { isRoot } from '../../../identity/caller.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { accessDenied, type StsPorts } from './context.ts'
import { checkRoleArn, inheritedTags, sourceIdentityOf } from './role-sessions.ts'

/**
 * What STS's operations ask for. The role's trust policy has to allow each, too.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
 */
export function stsNeeds({ rootMayAssume }: Pick<StsPorts, 'rootMayAssume'>) {
  return (input: AssumeRoleRequest, { operation, identity }: Call<Platform>): readonly Need[] => {
    // "No permissions are required to perform this operation", and no policy can forbid it. So it is with GetSessionToken.
    if (operation !== 'AssumeRole') return []
    if (isRoot(identity) && !rootMayAssume) {
      throw accessDenied('Roles may not be assumed by root accounts.')
    }
    const { RoleArn, RoleSessionName, ExternalId, DurationSeconds, Tags = [], TransitiveTagKeys } = input
    const resource = checkRoleArn(RoleArn!)
    const sourceIdentity = sourceIdentityOf(input, identity)
    const context = defined({
      'sts:RoleSessionName': RoleSessionName,
      'sts:ExternalId': ExternalId,
      'sts:DurationSeconds': DurationSeconds === undefined ? undefined : String(DurationSeconds),
      'sts:SourceIdentity': sourceIdentity,
      'sts:TransitiveTagKeys': TransitiveTagKeys,
    })
    const actions = ['sts:AssumeRole']
    if (Tags.length > 0 || Object.keys(inheritedTags(identity)).length > 0) actions.push('sts:TagSession')
    if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
    return actions.map(action => ({ action, resource, context, letIn: true }))
  }
}

const defined = <T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined))
