import type { SubscriptionFilter } from './log-groups.ts'

/** Up to where a subscription's function was told, in one object of the group. */
export interface Cursor {
  /** The filter's creation: one that is made again under its name begins anew. */
  readonly created: number
  /** The ordinal from which on it has not been told. */
  readonly ordinal: number
  /** Epoch milliseconds since when telling it has failed. */
  readonly failingSince?: number
  /** Nothing is told until then, and what comes before is passed over. Epoch milliseconds. */
  readonly pausedUntil?: number
}

/** By filter name. */
export type Cursors = Readonly<Record<string, Cursor>>

/**
 * The cursors of a group's present subscriptions. A new one begins with what came since its group was looked at.
 *
 * @param ordinal of the first event that a new one is told of
 */
export const cursorsOf = (
  subscriptions: readonly SubscriptionFilter[],
  known: Cursors,
  ordinal: number,
): Cursors =>
  Object.fromEntries(
    subscriptions.map(({ name, created }) => {
      const cursor = known[name]
      return [name, cursor?.created === created ? cursor : { created, ordinal }]
    }),
  )

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Subscriptions.html */
const LONGEST_TRYING_MS = 24 * 60 * 60_000
const PAUSE_MS = 10 * 60_000

/** How telling a function of events ended: it is gone or does not let us, it could not be reached, or it was told. */
export type Told = 'told' | 'refused' | 'unreachable'

/**
 * What follows. A function that refuses is left alone for ten minutes, and what comes in them is passed over; one that
 * cannot be reached is tried again for a day.
 *
 * @param next the ordinal after what was tried
 */
export function afterTelling(cursor: Cursor, told: Told, next: number, now: number): Cursor {
  const { created } = cursor
  switch (told) {
    case 'told':
      return { created, ordinal: next }
    case 'refused':
      return { created, ordinal: next, pausedUntil: now + PAUSE_MS }
    case 'unreachable': {
      const failingSince = cursor.failingSince ?? now
      return now - failingSince > LONGEST_TRYING_MS
        ? { created, ordinal: next }
        : { created, ordinal: cursor.ordinal, failingSince }
    }
  }
}

/** What of the cursor holds at a time: a pause that is over has passed over what came in it. */
export function cursorAt(cursor: Cursor, next: number, now: number): Cursor {
  const { pausedUntil, created } = cursor
  if (pausedUntil === undefined) return cursor
  return pausedUntil > now ? { ...cursor, ordinal: next } : { created, ordinal: cursor.ordinal }
}
