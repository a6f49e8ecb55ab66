import * as schemas from '@aws-sdk/client-sns/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { SnsHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }

/** Amazon Simple Notification Service. https://docs.aws.amazon.com/sns/latest/api/ */
export const snsService = (): ServiceDefinition<Platform> => ({
  signingName: 'sns',
  schemas,
  facts: serviceFacts(facts),
  handlers: {} satisfies SnsHandlers,
  codes: { validation: 'InvalidParameter', serialization: 'MalformedInput' },
})
