import type { Clock } from '../../lib/clock.ts'
import type { CallRecorder } from '../call-recorder.ts'
import { eventKey, keepEvent, keptEvents } from './event-documents.ts'
import type { EventMessage, QueuedEvent } from './queued-event.ts'

/** What an event is accepted with. */
export interface EventIntake {
  readonly store: R2Bucket
  readonly queue: Queue
  readonly clock: Clock
  /** The queue forgets when its process ends, as the local one does: events are kept in the store beside it. */
  readonly queueForgets: boolean
  /** Measures what becomes of events; absent: whoever serves them counts that they came. */
  readonly recorder?: Pick<CallRecorder, 'event'>
}

/** Bytes. A queue message holds 128 KB as JSON; the platform counts some of its own. */
const LARGEST_MESSAGE = 120 * 1024

/** Characters. What stands beside a document in the store may have 8 KB together. */
const LONGEST_TRACE = 2048

const encoder = new TextEncoder()

/**
 * Accepts an event: once this returns, the function will be called at least once. When it throws, it may be called.
 *
 * @param payload JSON text in UTF-8
 */
export async function acceptEvent(
  { store, queue, clock, queueForgets, recorder }: EventIntake,
  event: EventMessage,
  payload: Uint8Array,
): Promise<void> {
  const { traceId } = event
  const message: QueuedEvent = {
    schema: 1,
    ...event,
    traceId: traceId && traceId.length <= LONGEST_TRACE ? traceId : undefined,
    acceptedAt: clock(),
    failures: 0,
    ...(recorder && { isCounted: true }),
  }
  const whole = wholeMessage(message, payload)
  if (whole && !queueForgets) {
    await queue.send(whole)
  } else {
    const payloadKey = eventKey(message)
    await keepEvent(store, payloadKey, message, payload)
    await queue.send({ ...(whole ?? message), payloadKey })
  }
  recorder?.event(event, 'AsyncEventsReceived', 1)
}

/** The message with its payload, if the queue takes it: as JSON, in which each quote of a payload is two bytes. */
function wholeMessage(message: QueuedEvent, payload: Uint8Array): QueuedEvent | undefined {
  if (payload.length > LARGEST_MESSAGE) return undefined
  const whole = { ...message, payload: new TextDecoder().decode(payload) }
  return encoder.encode(JSON.stringify(whole)).length <= LARGEST_MESSAGE ? whole : undefined
}

/** Sends what a forgetful queue had when its process ended; an event may be served twice then, and is never lost. */
export async function acceptKeptEvents({ store, queue }: EventIntake, before: number): Promise<number> {
  let sent = 0
  for await (const event of keptEvents(store, before)) {
    await queue.send(event)
    sent++
  }
  return sent
}
