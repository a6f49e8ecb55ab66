import * as schemas from '@aws-sdk/client-cloudwatch/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { CloudWatchHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { cloudwatchNeeds } from './needs.ts'
import { alarmOperations } from './operations/alarms.ts'
import { alarmDescribeOperations } from './operations/alarms-describe.ts'
import { alarmPutOperations } from './operations/alarms-put.ts'
import { dashboardOperations } from './operations/dashboards.ts'
import { getMetricDataOperations } from './operations/get-metric-data.ts'
import { getMetricStatisticsOperations } from './operations/get-metric-statistics.ts'
import { listMetricsOperations } from './operations/list-metrics.ts'
import { putMetricDataOperations } from './operations/put-metric-data.ts'
import { tagOperations } from './operations/tags.ts'
import { notFinite } from './refusals.ts'

/** Amazon CloudWatch: metrics, alarms and dashboards. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/ */
export const cloudwatchService = (): ServiceDefinition<Platform> => ({
  signingName: 'monitoring',
  schemas,
  facts: serviceFacts(facts),
  handlers: {
    ...putMetricDataOperations,
    ...listMetricsOperations,
    ...getMetricDataOperations,
    ...getMetricStatisticsOperations,
    ...alarmPutOperations,
    ...alarmDescribeOperations,
    ...alarmOperations,
    ...dashboardOperations,
    ...tagOperations,
  } satisfies CloudWatchHandlers,
  needs: cloudwatchNeeds,
  codes: {
    validation: 'ValidationException',
    serialization: 'SerializationException',
    denied: 'AccessDenied',
    notFinite,
  },
})
