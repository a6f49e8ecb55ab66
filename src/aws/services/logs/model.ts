import * as schemas from '@aws-sdk/client-cloudwatch-logs/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { LogsHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }

/** Amazon CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
export const logsService = (): ServiceDefinition<Platform> => ({
  signingName: 'logs',
  schemas,
  facts: serviceFacts(facts),
  handlers: {} satisfies LogsHandlers,
  codes: { validation: 'InvalidParameterException', serialization: 'SerializationException' },
})
