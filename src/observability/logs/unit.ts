/** What of a stream is in a chunk: its first and last timestamp (epoch milliseconds), how many events, their bytes. */
export type StreamSpan = readonly [stream: string, first: number, last: number, events: number, bytes: number]

/** A packed part of what an object keeps. */
export interface Unit {
  /** Of its events; epoch milliseconds. */
  readonly first: number
  readonly last: number
  /** What {@link decodeChunk} reads, where the object itself has it; else where it lies in the store. */
  readonly body: Uint8Array | StoredUnit
}

export interface StoredUnit {
  readonly key: string
  readonly offset: number
  readonly size: number
}

/** Streams by name, or by what their names begin with. */
export type StreamChoice = { readonly names: readonly string[] } | { readonly prefixes: readonly string[] }

export const choosesStream = (choice: StreamChoice | undefined, stream: string): boolean => {
  if (!choice) return true
  return 'names' in choice
    ? choice.names.includes(stream)
    : choice.prefixes.some(prefix => stream.startsWith(prefix))
}

export interface UnitQuery {
  /** Epoch milliseconds: of events at `from` or later, and before `until`. */
  readonly from: number
  readonly until: number
  readonly direction: 'forward' | 'backward'
  readonly streams?: StreamChoice
  /** Of the page before. */
  readonly cursor?: UnitCursor
}

/** Where a page ended. */
export interface UnitCursor {
  /** Units were moved or removed since, when the object's is another. */
  readonly layout: number
  /** `first` of the last unit, going forward; `last`, going backward. */
  readonly edge: number
  readonly place: string
}

/** Events of a stream up to an ordinal, which were deleted with it. */
export type Deleted = readonly [stream: string, ordinal: number]

/** `stale`: units have moved since the page before; what was read of it stands, and one begins anew after it. */
export type UnitPage =
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'page'
      /** Going forward in the order of `first`, going backward in that of `last`, the highest first. */
      readonly units: readonly Unit[]
      readonly deleted: readonly Deleted[]
      /** Absent on the last page. */
      readonly next?: UnitCursor
    }
