import { partsOfArn } from '../../lib/arn.ts'

/** Services whose records Lambda hands to functions, as ARNs name them. */
export type SourceService = 'sqs' | 'kinesis' | 'dynamodb' | 'kafka' | 'mq' | 'rds'

/** What Lambda lets mappings of one type of source be. */
export interface SourceType {
  readonly service: SourceService
  readonly what: string
  /** Records of a batch. */
  readonly batch: { readonly default: number; readonly largest: number }
  /** Largest batch that may be had without waiting for it. */
  readonly batchWithoutWindow?: number
  /** Seconds to wait for a batch to fill; absent: it may not be waited. */
  readonly window?: { readonly default: number }
  /** Where to begin to read. */
  readonly positions?: readonly string[]
  /** Its records have an order, and shards. */
  readonly isStream: boolean
  /** Members of a mapping that only some types have. */
  readonly members: readonly OptionalMember[]
}

/** Members of requests that only mappings of some types may have. */
export const OPTIONAL_MEMBERS = [
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'FunctionResponseTypes',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'ParallelizationFactor',
  'ScalingConfig',
  'TumblingWindowInSeconds',
] as const

type OptionalMember = (typeof OPTIONAL_MEMBERS)[number]

const STREAM_MEMBERS: readonly OptionalMember[] = OPTIONAL_MEMBERS.filter(
  member => member !== 'ScalingConfig',
)

const stream = (service: SourceService, what: string, positions: readonly string[]): SourceType => ({
  service,
  what,
  batch: { default: 100, largest: 10_000 },
  window: { default: 0 },
  positions,
  isStream: true,
  members: STREAM_MEMBERS,
})

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const TYPES = {
  sqs: {
    service: 'sqs',
    what: 'SQS queues',
    batch: { default: 10, largest: 10_000 },
    batchWithoutWindow: 10,
    window: { default: 0 },
    isStream: false,
    members: ['FunctionResponseTypes', 'ScalingConfig'],
  },
  fifo: {
    service: 'sqs',
    what: 'SQS queues',
    batch: { default: 10, largest: 10 },
    isStream: false,
    members: ['FunctionResponseTypes', 'ScalingConfig'],
  },
  kinesis: stream('kinesis', 'Kinesis streams', ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']),
  dynamodb: stream('dynamodb', 'DynamoDB streams', ['TRIM_HORIZON', 'LATEST']),
  kafka: {
    service: 'kafka',
    what: 'Apache Kafka topics',
    batch: { default: 100, largest: 10_000 },
    window: { default: 0.5 },
    positions: ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'],
    isStream: false,
    members: ['DestinationConfig'],
  },
  mq: {
    service: 'mq',
    what: 'Amazon MQ brokers',
    batch: { default: 100, largest: 10_000 },
    window: { default: 0.5 },
    isStream: false,
    members: [],
  },
  rds: {
    service: 'rds',
    what: 'DocumentDB change streams',
    batch: { default: 100, largest: 10_000 },
    window: { default: 0.5 },
    positions: ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'],
    isStream: false,
    members: [],
  },
} as const satisfies Readonly<Record<string, SourceType>>

/** The type of source that an ARN names; undefined for what Lambda reads no records of. */
export function sourceTypeOf(arn: string): SourceType | undefined {
  const { service, resource } = partsOfArn(arn)
  if (service === 'sqs' && resource.endsWith('.fifo')) return TYPES.fifo
  if (service === 'dynamodb' && !/^table\/[^/]+\/stream\/[^/]+$/.test(resource)) return undefined
  if (service === 'kinesis' && !resource.startsWith('stream/')) return undefined
  if (service === 'rds' && !resource.startsWith('cluster:')) return undefined
  return Object.hasOwn(TYPES, service) ? TYPES[service as keyof typeof TYPES] : undefined
}
