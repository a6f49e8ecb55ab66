import { entityName, isTemporary } from '../../../../identity/caller.ts'
import { sessionArn } from '../../../../identity/role-session.ts'
import { partsOfArn } from '../../../../lib/arn.ts'
import {
  accessDenied,
  credentialsFor,
  refuseSecondFactor,
  type StsHandlers,
  type StsPorts,
  validationError,
} from '../context.ts'
import {
  durationOf,
  inheritedTags,
  packedSize,
  principalTags,
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
      const { tags, transitive } = sessionTags(Tags, TransitiveTagKeys, inheritedTags(identity))
      const size = packedSize(policies, tags)
      const sourceIdentity = sourceIdentityOf(input, identity)
      const arn = sessionArn(account, role, name)
      const id = `${found.uid}:${entityName(arn)}`
      const session = {
        'aws:userid': id,
        ...principalTags(tags),
        ...(sourceIdentity !== undefined && { 'aws:SourceIdentity': sourceIdentity }),
      }
      const credentials = await credentialsFor(
        call,
        {
          account,
          arn,
          role,
          session,
          ...(policies && { sessionPolicies: policies }),
          ...(transitive.length > 0 && { transitiveTags: transitive }),
        },
        seconds,
      )
      return {
        Credentials: credentials,
        AssumedRoleUser: { AssumedRoleId: id, Arn: arn },
        PackedPolicySize: size,
        SourceIdentity: sourceIdentity,
      }
    },
  }) satisfies StsHandlers
