import * as schemas from '@aws-sdk/client-iam/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { Handler, ServiceDefinition } from '../../wire/service.ts'
import type { IamHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { iamNeeds } from './needs.ts'
import { accessKeyOperations } from './operations/access-keys.ts'
import {
  groupPolicyOperations,
  rolePolicyOperations,
  userPolicyOperations,
} from './operations/entity-policies.ts'
import { groupOperations } from './operations/groups.ts'
import { policyOperations } from './operations/policies.ts'
import { policyVersionOperations } from './operations/policy-versions.ts'
import { roleOperations } from './operations/roles.ts'
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
} satisfies IamHandlers

/**
 * AWS Identity and Access Management. https://docs.aws.amazon.com/IAM/latest/APIReference/
 *
 * @param changed told after every operation that may have changed what somebody is permitted
 */
export const iamService = (changed: () => void = () => {}): ServiceDefinition<Platform> => ({
  signingName: 'iam',
  schemas,
  facts: serviceFacts(facts),
  handlers: Object.fromEntries(
    Object.entries<Handler<Platform>>(OPERATIONS).map(([name, handler]) => [
      name,
      READS.test(name) ? handler : (input, call) => handler(input, call).finally(changed),
    ]),
  ),
  codes: { validation: 'ValidationError', serialization: 'MalformedInput', denied: 'AccessDenied' },
  needs: iamNeeds,
})

const READS = /^(?:Get|List)/
