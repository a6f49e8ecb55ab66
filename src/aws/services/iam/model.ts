import * as schemas from '@aws-sdk/client-iam/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { IamHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { iamNeeds } from './needs.ts'
import { absentCredentialOperations } from './operations/absent-credentials.ts'
import { accessKeyOperations } from './operations/access-keys.ts'
import { accountOperations } from './operations/account.ts'
import { authorizationDetailOperations } from './operations/authorization-details.ts'
import {
  groupPolicyOperations,
  rolePolicyOperations,
  userPolicyOperations,
} from './operations/entity-policies.ts'
import { groupOperations } from './operations/groups.ts'
import { instanceProfileOperations } from './operations/instance-profiles.ts'
import { openIdProviderOperations } from './operations/open-id-providers.ts'
import { policyOperations } from './operations/policies.ts'
import { policyVersionOperations } from './operations/policy-versions.ts'
import { roleOperations } from './operations/roles.ts'
import { simulationOperations } from './operations/simulate.ts'
import { tagOperations } from './operations/tags.ts'
import { userOperations } from './operations/users.ts'

const OPERATIONS = {
  ...roleOperations,
  ...userOperations,
  ...accessKeyOperations,
  ...groupOperations,
  ...rolePolicyOperations,
  ...userPolicyOperations,
  ...groupPolicyOperations,
  ...policyOperations,
  ...policyVersionOperations,
  ...tagOperations,
  ...openIdProviderOperations,
  ...instanceProfileOperations,
  ...accountOperations,
  ...authorizationDetailOperations,
  ...absentCredentialOperations,
  ...simulationOperations,
} satisfies IamHandlers

/** AWS Identity and Access Management. https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iamService = (): ServiceDefinition<Platform> => ({
  signingName: 'iam',
  schemas,
  facts: serviceFacts(facts),
  handlers: OPERATIONS,
  codes: { validation: 'ValidationError', serialization: 'MalformedInput', denied: 'AccessDenied' },
  needs: iamNeeds,
})
