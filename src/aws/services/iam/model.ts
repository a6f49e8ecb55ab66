import * as schemas from '@aws-sdk/client-iam/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { iamNeeds } from './needs.ts'
import { policyOperations } from './operations/policies.ts'
import { rolePolicyOperations } from './operations/role-policies.ts'
import { roleOperations } from './operations/roles.ts'
import { tagOperations } from './operations/tags.ts'

/** AWS Identity and Access Management. https://docs.aws.amazon.com/IAM/latest/APIReference/ */
export const iamService = (): ServiceDefinition<Platform> => ({
  signingName: 'iam',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...roleOperations,
    ...rolePolicyOperations,
    ...policyOperations,
    ...tagOperations,
  },
  codes: { validation: 'ValidationError', serialization: 'MalformedInput', denied: 'AccessDenied' },
  needs: iamNeeds,
})
