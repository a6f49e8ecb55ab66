import type { EventSourceMappingConfiguration, EventSourcePosition } from '@aws-sdk/client-lambda'
import type { MappingRecord } from '../../../functions/event-sources/mapping-records.ts'
import { sourceTypeOf } from '../../../functions/event-sources/source-types.ts'
import type { Account } from '../../../lib/account.ts'
import { arn } from '../../../lib/arn.ts'

/** A mapping as GetEventSourceMapping answers it; members that its type of source has not are left out. */
export function describeMapping(
  account: Account,
  uuid: string,
  mapping: MappingRecord,
): EventSourceMappingConfiguration {
  const { settings, startingTimestamp } = mapping
  const isStream = sourceTypeOf(mapping.sourceArn)?.isStream ?? false
  return {
    UUID: uuid,
    EventSourceMappingArn: arn('lambda', account, `event-source-mapping:${uuid}`),
    EventSourceArn: mapping.sourceArn,
    FunctionArn: mapping.functionArn,
    State: mapping.state,
    StateTransitionReason: isStream ? 'User action' : 'USER_INITIATED',
    LastModified: new Date(mapping.lastModified),
    LastProcessingResult: isStream ? 'No records processed' : undefined,
    StartingPosition: mapping.startingPosition as EventSourcePosition | undefined,
    StartingPositionTimestamp: startingTimestamp === undefined ? undefined : new Date(startingTimestamp),
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.batchingWindow,
    FilterCriteria: settings.filters && { Filters: settings.filters.map(Pattern => ({ Pattern })) },
    KMSKeyArn: settings.kmsKeyArn,
    FunctionResponseTypes: settings.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    ScalingConfig:
      settings.maximumConcurrency === undefined
        ? undefined
        : { MaximumConcurrency: settings.maximumConcurrency },
    MetricsConfig: settings.metrics && { Metrics: settings.metrics.map(metric => metric as 'EventCount') },
    BisectBatchOnFunctionError: settings.bisectBatch,
    MaximumRecordAgeInSeconds: settings.maximumRecordAge,
    MaximumRetryAttempts: settings.maximumRetryAttempts,
    ParallelizationFactor: settings.parallelizationFactor,
    TumblingWindowInSeconds: settings.tumblingWindow,
    DestinationConfig: isStream
      ? { OnFailure: settings.onFailure === undefined ? {} : { Destination: settings.onFailure } }
      : undefined,
  }
}
