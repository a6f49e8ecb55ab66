import * as schemas from '@aws-sdk/client-xray/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { XRayHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }

/** AWS X-Ray. https://docs.aws.amazon.com/xray/latest/api/ */
export const xrayService = (): ServiceDefinition<Platform> => ({
  signingName: 'xray',
  schemas,
  facts: serviceFacts(facts),
  handlers: {} satisfies XRayHandlers,
  codes: { validation: 'InvalidRequestException', serialization: 'SerializationException' },
})
