import * as schemas from '@aws-sdk/client-sts/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { identityOperations } from './operations/identity.ts'

/** AWS Security Token Service. https://docs.aws.amazon.com/STS/latest/APIReference/ */
export const stsService = (): ServiceDefinition<Platform> => ({
  signingName: 'sts',
  schemas,
  facts: serviceFacts(facts),
  handlers: { ...identityOperations },
  codes: { validation: 'ValidationError', serialization: 'MalformedInput', denied: 'AccessDenied' },
  // "No permissions are required to perform this operation", and no policy can forbid it.
  needs: (_input, { operation }) =>
    operation === 'GetCallerIdentity' ? [] : [{ action: `sts:${operation}`, resource: '*' }],
})
