import type { Account } from '../../lib/account.ts'
import type { EventSourceMapping } from './mapping-records.ts'
import type { SourceService } from './source-types.ts'

/** A mapping as its source is told of it. */
export interface ConnectedMapping extends EventSourceMapping {
  readonly account: Account
  readonly uuid: string
}

/** A service that functions can be given records of. */
export interface EventSource {
  /**
   * Whether there is such a source, and the role may read it.
   *
   * @returns the sentence that Lambda refuses the mapping with; undefined when all is well
   */
  check(source: {
    readonly arn: string
    readonly account: Account
    readonly role: string
  }): Promise<string | undefined>
  /** Begins to hand records to the function, or goes on with other settings. May be asked again for the same. */
  connect(mapping: ConnectedMapping): Promise<void>
  /** Hands no more records to the function; where it got to is kept until `forget`. May be asked again. */
  disconnect(mapping: ConnectedMapping): Promise<void>
  /** The mapping is gone. May be asked again. */
  forget(mapping: ConnectedMapping): Promise<void>
}

/** By service: one without an entry is one that this Weir does not have, and cannot be mapped. */
export type EventSources = Readonly<Partial<Record<SourceService, EventSource>>>

export const EVENT_SOURCES: EventSources = {}
