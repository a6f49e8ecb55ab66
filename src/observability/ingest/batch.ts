/** What an isolate tells an object that keeps telemetry. */
export interface Batch<T> {
  /** Of whoever sends, for as long as it lives. */
  readonly sender: string
  /** Grows with every batch of a sender to this object; one that is sent again has the same. */
  readonly number: number
  readonly items: readonly T[]
}

/** What an object answers once it has written a batch down. */
export interface Taken {
  /** How many objects share the work of this name from now on: see {@link shardName}. */
  readonly shards: number
  /** Somebody waits for what it is told: it should be told soon. */
  readonly isAwaited?: boolean
}

/** Objects that share the work of one name, at most: a reader asks all of them. */
export const MOST_SHARDS = 32

/**
 * Name of the `number`th of the objects that share the work of `root`. The first has the name itself, and knows how many
 * there are.
 */
export const shardName = (root: string, number: number): string => (number === 0 ? root : `${root}~${number}`)

/** The name whose work an object shares, and which of its objects it is. */
export function shardOf(name: string): { readonly root: string; readonly number: number } {
  const match = /^(.*)~([1-9]\d?)$/.exec(name)
  return match ? { root: match[1]!, number: Number(match[2]) } : { root: name, number: 0 }
}

/** All objects that share the work of `root`. */
export const shardNames = (root: string, shards: number): string[] =>
  Array.from({ length: shards }, (_, number) => shardName(root, number))
