import * as schemas from '@aws-sdk/client-iam/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { Handler, ServiceDefinition } from '../../wire/service.ts'
import type { IamHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { iamNeeds } from './needs.ts'
import {
  groupPolicyOperations,
  rolePolicyOperations,
  userPolicyOperations,
} from './operations/entity-policies.ts'
import { policyOperations } from './operations/policies.ts'
import { roleOperations } from './operations/roles.ts'
import { tagOperations } from './operations/tags.ts'

const OPERATIONS = {
  ...roleOperations,
  ...rolePolicyOperations,
  ...userPolicyOperations,
  ...groupPolicyOperations,
  ...policyOperations,
  ...tagOperations,
} satisfies IamHandlers

/**
 * AWS Identity and Access Management. https://docs.aws.amazon.com/IAM/latest/APIReference/
 *
 * @param changed told after every operation that may have changed what somebody is permitted
 */
export const iamService = (changed: () => void): ServiceDefinition<Platform> => ({
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
