import type { CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest } from '@aws-sdk/client-lambda'
import { invalidParameter, unsupported } from '../../../functions/control/function-refusals.ts'
import { isFilterPattern } from '../../../functions/event-sources/check-filter.ts'
import type { MappingSettings } from '../../../functions/event-sources/mapping-records.ts'
import { OPTIONAL_MEMBERS, type SourceType } from '../../../functions/event-sources/source-types.ts'
import { DESTINATION_SENDERS, destinationOf } from '../../../functions/events/destinations.ts'
import { partsOfArn } from '../../../lib/arn.ts'

/** What both CreateEventSourceMapping and UpdateEventSourceMapping set. */
type GivenMapping = Partial<
  Pick<
    CreateEventSourceMappingRequest,
    keyof CreateEventSourceMappingRequest & keyof UpdateEventSourceMappingRequest
  >
>

/** Patterns of a mapping: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const MOST_FILTERS = 5

/** Seconds; what is younger than a minute is not given up. */
const LEAST_RECORD_AGE = 60

/** Without an end: records are kept, or tried, as long as the source has them. */
const FOR_EVER = -1

/** Applies what is given to what was set before, or to what such a source has by default. */
export function settledMapping(
  type: SourceType,
  given: GivenMapping,
  before: MappingSettings | undefined,
): MappingSettings {
  checkMembers(type, given)
  const current = before ?? defaultsOf(type)
  const settings: MappingSettings = {
    batchSize: given.BatchSize ?? current.batchSize,
    batchingWindow: given.MaximumBatchingWindowInSeconds ?? current.batchingWindow,
    filters: given.FilterCriteria ? patternsOf(given.FilterCriteria) : current.filters,
    kmsKeyArn: (given.KMSKeyArn ?? current.kmsKeyArn) || undefined,
    reportsItemFailures: given.FunctionResponseTypes
      ? given.FunctionResponseTypes.includes('ReportBatchItemFailures')
      : current.reportsItemFailures,
    // An empty configuration takes the limit away.
    maximumConcurrency: given.ScalingConfig
      ? given.ScalingConfig.MaximumConcurrency
      : current.maximumConcurrency,
    metrics: given.MetricsConfig ? given.MetricsConfig.Metrics : current.metrics,
    bisectBatch: given.BisectBatchOnFunctionError ?? current.bisectBatch,
    maximumRecordAge: given.MaximumRecordAgeInSeconds ?? current.maximumRecordAge,
    maximumRetryAttempts: given.MaximumRetryAttempts ?? current.maximumRetryAttempts,
    parallelizationFactor: given.ParallelizationFactor ?? current.parallelizationFactor,
    tumblingWindow: given.TumblingWindowInSeconds ?? current.tumblingWindow,
    onFailure: given.DestinationConfig
      ? given.DestinationConfig.OnFailure?.Destination || undefined
      : current.onFailure,
  }
  checkSettings(type, settings)
  return settings
}

const defaultsOf = ({ batch, window, isStream }: SourceType): MappingSettings => ({
  batchSize: batch.default,
  batchingWindow: window?.default,
  ...(isStream
    ? {
        bisectBatch: false,
        maximumRecordAge: FOR_EVER,
        maximumRetryAttempts: FOR_EVER,
        parallelizationFactor: 1,
        tumblingWindow: 0,
      }
    : {}),
})

function checkMembers(type: SourceType, given: GivenMapping): void {
  for (const member of OPTIONAL_MEMBERS) {
    if (given[member] !== undefined && !type.members.includes(member)) {
      throw invalidParameter(`Unsupported ${member} parameter for given event source mapping type.`)
    }
  }
  const { DestinationConfig } = given
  if (DestinationConfig?.OnSuccess?.Destination) {
    throw invalidParameter('Unsupported DestinationConfig parameter for given event source mapping type.')
  }
  if (DestinationConfig?.OnFailure?.Destination) checkOnFailure(DestinationConfig.OnFailure.Destination)
  if (given.ProvisionedPollerConfig !== undefined) throw unsupported('provisioned pollers of event sources')
  if ((given.SourceAccessConfigurations?.length ?? 0) > 0)
    throw unsupported('credentials for event sources yet')
}

/** Batches that a stream's function could not take are told of to queues and topics. */
function checkOnFailure(arn: string): void {
  const destination = destinationOf(arn)
  if (partsOfArn(arn).service === 's3')
    throw unsupported('S3 buckets as destinations of event source mappings')
  if (!destination?.deadLetters) {
    throw invalidParameter(
      `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${arn})) is invalid.`,
    )
  }
  const { service, what } = destination
  if (!DESTINATION_SENDERS[service]) throw unsupported(`${what} as destinations of event source mappings yet`)
}

function checkSettings({ batch, batchWithoutWindow, window }: SourceType, settings: MappingSettings): void {
  const { batchSize, batchingWindow = 0, maximumRecordAge = FOR_EVER } = settings
  if (batchSize > batch.largest) {
    throw invalidParameter(`BatchSize ${batchSize} exceeds the max of ${batch.largest}`)
  }
  if (batchingWindow > 0 && !window) {
    throw invalidParameter('Batching window is not supported for FIFO queues.')
  }
  if (batchWithoutWindow !== undefined && batchSize > batchWithoutWindow && batchingWindow === 0) {
    throw invalidParameter(
      `Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${batchWithoutWindow}`,
    )
  }
  if (maximumRecordAge !== FOR_EVER && maximumRecordAge < LEAST_RECORD_AGE) {
    throw invalidParameter(
      `MaximumRecordAgeInSeconds must be ${FOR_EVER} or between ${LEAST_RECORD_AGE} and 604800.`,
    )
  }
}

function patternsOf({
  Filters = [],
}: NonNullable<GivenMapping['FilterCriteria']>): readonly string[] | undefined {
  if (Filters.length > MOST_FILTERS) {
    throw invalidParameter(`An event source mapping can have up to ${MOST_FILTERS} filters.`)
  }
  const patterns = Filters.map(({ Pattern = '' }) => Pattern)
  if (!patterns.every(isFilterPattern)) throw invalidParameter('Invalid filter pattern definition.')
  return patterns.length > 0 ? patterns : undefined
}
