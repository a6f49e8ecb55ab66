import type { LogEvent } from './log-event.ts'

/** An event as a log group keeps it. */
export interface KeptEvent extends LogEvent {
  readonly stream: string
  /** When the group took it; epoch milliseconds. */
  readonly ingested: number
  /** Counts the events of one object of the group, in the order in which it took them. */
  readonly ordinal: number
}

/** An event of a log group, which several objects may keep. */
export interface GroupEvent extends KeptEvent {
  /** Which of the group's objects has it. */
  readonly shard: number
}

/** Where an event stands among all of its group: no two stand at the same place, and none ever moves. */
export type Position = Pick<GroupEvent, 'timestamp' | 'ingested' | 'shard' | 'ordinal'>

/**
 * Order of a group's events: by their own time, then by when they were taken.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export const comparePositions = (one: Position, other: Position): number =>
  one.timestamp - other.timestamp ||
  one.ingested - other.ingested ||
  one.shard - other.shard ||
  one.ordinal - other.ordinal

const WIDTHS = [14, 14, 2, 26] as const
const EVENT_ID = /^\d{56}$/

/** An event's id: 56 digits, as CloudWatch Logs gives them, which here say where the event stands. */
export const eventIdOf = ({ timestamp, ingested, shard, ordinal }: Position): string =>
  [timestamp, ingested, shard, ordinal].map((part, i) => String(part).padStart(WIDTHS[i]!, '0')).join('')

/** Reads an event's id; undefined for any other text. */
export function positionOfEventId(id: string): Position | undefined {
  if (!EVENT_ID.test(id)) return undefined
  let at = 0
  const [timestamp, ingested, shard, ordinal] = WIDTHS.map(width => {
    at += width
    return Number(id.slice(at - width, at))
  }) as [number, number, number, number]
  return { timestamp, ingested, shard, ordinal }
}

/** Bytes that CloudWatch Logs counts for an event beside its message. */
export const EVENT_OVERHEAD = 26

const encoder = new TextEncoder()

/** What an event counts, in bytes: the message in UTF-8, and 26. */
export function eventBytes({ message }: LogEvent): number {
  // Most messages are ASCII, where a character is a byte; only those that may be more are measured exactly.
  return (isAscii(message) ? message.length : encoder.encode(message).length) + EVENT_OVERHEAD
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/

const isAscii = (text: string): boolean => ASCII.test(text)
