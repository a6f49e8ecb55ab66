import { isTemporary } from '../../../../identity/caller.ts'
import { partsOfArn } from '../../../../lib/arn.ts'
import { beginSession } from '../begin-session.ts'
import {
  accessDenied,
  refuseSecondFactor,
  type StsHandlers,
  type StsPorts,
  validationError,
} from '../context.ts'
import {
  durationOf,
  inheritedTags,
  sessionPolicies,
  sessionTags,
  sourceIdentityOf,
} from '../role-sessions.ts'

export const assumeRoleOperations = ({ authority }: StsPorts) =>
  ({
    async AssumeRole(input, call) {
      const { identity } = call
      const { RoleArn: role, RoleSessionName: name, Tags = [], TransitiveTagKeys = [] } = input
      refuseSecondFactor(input)
      if (input.ProvidedContexts?.length) throw validationError('Weir does not take the contexts of others')
      const { account } = partsOfArn(role)
      const found = await authority.roleOf(account, role)
      // Its trust policy has let the caller in, so it was there just now.
      if (!found) {
        throw accessDenied(
          `User: ${identity.arn} is not authorized to perform: sts:AssumeRole on resource: ${role} because no role trust policy allows the sts:AssumeRole action`,
        )
      }
      const isChained = identity.service !== undefined || isTemporary(identity)
      const seconds = durationOf(input.DurationSeconds, found.maxSessionDuration, isChained)
      const policies = await sessionPolicies(authority, account, input)
      const tags = sessionTags(Tags, TransitiveTagKeys, inheritedTags(identity))
      const sourceIdentity = sourceIdentityOf(input, identity)
      return beginSession(call, { role, uid: found.uid, name, policies, tags, sourceIdentity }, seconds)
    },
  }) satisfies StsHandlers
