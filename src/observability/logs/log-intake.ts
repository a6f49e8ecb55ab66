import type { Env } from '../../env.ts'
import type { FlushCycle } from '../../lib/flush-cycle.ts'
import { Intake } from '../ingest/intake.ts'
import { EVENT_OVERHEAD } from './kept-event.ts'
import { type LogEvent, type LogIntake, type LogLines, logStoreName } from './log-event.ts'

/** An isolate's way to log groups. */
export interface IsolateLogIntake extends LogIntake {
  /** Forgets what waits; only a reset of the local account does this. */
  forget(): void
}

export interface LogIntakeOptions {
  readonly env: Pick<Env, 'LOG_STORE'>
  readonly cycle: FlushCycle
  readonly newId: () => string
  readonly random: () => number
  readonly now: () => number
}

/** Collects what an isolate has to say to log groups, and tells them when the cycle says so. */
export function logIntake({ env, cycle, newId, random, now }: LogIntakeOptions): IsolateLogIntake {
  const intake = new Intake<LogLines>({
    cycle,
    newId,
    random,
    send: (object, batch) => env.LOG_STORE.getByName(object).take(batch),
    condense: byStream,
  })
  return {
    write(account, group, lines) {
      let bytes = 0
      for (const { message } of lines.events) bytes += message.length + EVENT_OVERHEAD
      intake.add(logStoreName(account, group), lines, bytes, now())
    },
    forget: () => intake.forget(),
  }
}

/** Characters of an item, roughly, and of an event: batches are cut between items. In UTF-8 below a megabyte. */
const LARGEST_ITEM = 256 * 1024

/** Of each stream few items: its name is often longer than its lines. */
function byStream(items: readonly LogLines[]): LogLines[] {
  const whole: LogLines[] = []
  const open = new Map<string, { events: LogEvent[]; size: number }>()
  for (const { stream, events } of items) {
    let item = open.get(stream)
    for (const event of events.flatMap(divided)) {
      if (!item || item.size + event.message.length > LARGEST_ITEM) {
        item = { events: [], size: 0 }
        open.set(stream, item)
        whole.push({ stream, events: item.events })
      }
      item.events.push(event)
      item.size += event.message.length + EVENT_OVERHEAD
    }
  }
  return whole
}

/** An event of more than CloudWatch Logs takes becomes several, as Lambda's do: one that no row holds would stop all. */
function divided(event: LogEvent): LogEvent | LogEvent[] {
  const { timestamp, message } = event
  if (message.length <= LARGEST_ITEM) return event
  const parts: LogEvent[] = []
  for (let from = 0; from < message.length; ) {
    let to = Math.min(message.length, from + LARGEST_ITEM)
    // Not between the halves of one character.
    if (to < message.length && /[\uD800-\uDBFF]/.test(message[to - 1]!)) to -= 1
    parts.push({ timestamp, message: message.slice(from, to) })
    from = to
  }
  return parts
}
