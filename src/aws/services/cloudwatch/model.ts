import * as schemas from '@aws-sdk/client-cloudwatch/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { CloudWatchHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }

/** Amazon CloudWatch: metrics, alarms and dashboards. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/ */
export const cloudwatchService = (): ServiceDefinition<Platform> => ({
  signingName: 'monitoring',
  schemas,
  facts: serviceFacts(facts),
  handlers: {} satisfies CloudWatchHandlers,
  codes: { validation: 'InvalidParameterValueException', serialization: 'SerializationException' },
})
