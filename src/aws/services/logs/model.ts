import * as schemas from '@aws-sdk/client-cloudwatch-logs/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { LogsHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { logsNeeds } from './needs.ts'
import { liveTailOperations } from './operations/live-tail.ts'
import { logEventOperations } from './operations/log-events.ts'
import { logGroupOperations } from './operations/log-groups.ts'
import { logStreamOperations } from './operations/log-streams.ts'
import { metricFilterOperations } from './operations/metric-filters.ts'
import { queryOperations } from './operations/queries.ts'
import { subscriptionFilterOperations } from './operations/subscription-filters.ts'
import { tagOperations } from './operations/tags.ts'

/** Ten thousand events of a megabyte together, as JSON in which each may be written six times as long. */
const LARGEST_PUT = 8 * 1024 * 1024

/** Amazon CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/ */
export const logsService = (): ServiceDefinition<Platform> => ({
  signingName: 'logs',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...logGroupOperations,
    ...logStreamOperations,
    ...logEventOperations,
    ...liveTailOperations,
    ...subscriptionFilterOperations,
    ...tagOperations,
    ...metricFilterOperations,
    ...queryOperations,
  } satisfies LogsHandlers,
  needs: logsNeeds,
  bodyLimits: {
    PutLogEvents: {
      bytes: LARGEST_PUT,
      code: 'InvalidParameterException',
      message: `Upload too large: a request has at most ${LARGEST_PUT} bytes`,
    },
  },
  codes: { validation: 'InvalidParameterException', serialization: 'SerializationException' },
})
