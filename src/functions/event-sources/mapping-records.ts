import { kind } from '../../records/records.ts'

/** What may be changed of a mapping. */
export interface MappingSettings {
  readonly batchSize: number
  /** Seconds. */
  readonly batchingWindow?: number
  /** Patterns of which a record has to match one; absent: every record does. */
  readonly filters?: readonly string[]
  readonly kmsKeyArn?: string
  /** The function tells which records of a batch failed. */
  readonly reportsItemFailures?: boolean
  /** Calls that run at once, 2 to 1000. */
  readonly maximumConcurrency?: number
  readonly metrics?: readonly string[]
  // Of streams:
  readonly bisectBatch?: boolean
  /** Seconds; -1: for ever. */
  readonly maximumRecordAge?: number
  /** -1: for ever. */
  readonly maximumRetryAttempts?: number
  readonly parallelizationFactor?: number
  /** Seconds; 0: there is none. */
  readonly tumblingWindow?: number
  /** ARN of what is told of batches that were given up. */
  readonly onFailure?: string
}

export interface EventSourceMapping {
  readonly sourceArn: string
  /** Of the function, version or alias, as the mapping was created with it. */
  readonly functionArn: string
  /** What the mapping is, or is about to be. */
  readonly isEnabled: boolean
  readonly startingPosition?: string
  /** Milliseconds since the epoch; of `AT_TIMESTAMP`. */
  readonly startingTimestamp?: number
  readonly settings: MappingSettings
}

type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Updating' | 'Deleting'

export interface MappingRecord extends EventSourceMapping {
  readonly state: MappingState
  /** Milliseconds since the epoch. */
  readonly lastModified: number
  readonly tags: Readonly<Record<string, string>>
}

/** Id: the UUID. Alias: {@link mappingAlias}. */
export const eventSourceMappings = kind<MappingRecord>('lambda.event-source-mapping')

/** A source is mapped to a function, version or alias once. */
export const mappingAlias = ({ functionArn, sourceArn }: EventSourceMapping): string =>
  `${functionArn} ${sourceArn}`

/** Kind of publication that tells sources of their mappings. */
export const MAPPING_PUBLICATION = 'event-source-mapping'

/** States that a mapping only passes through. */
export const isInTransition = (state: MappingState): boolean => state !== 'Enabled' && state !== 'Disabled'
