import type { Account } from '../../lib/account.ts'
import { Overdue, within } from '../../lib/within.ts'
import type { EventMetric } from '../call-recorder.ts'
import { countCall } from '../count-hops.ts'
import type { InvocationResult, InvokeFunction } from '../invocation.ts'
import { type EventInvokeSettings, type FunctionPointer, type Manifest, manifestKey } from '../manifest.ts'
import { resolveAlias } from '../resolve-alias.ts'
import { type Delivery, type DeliveryPorts, type DestinationSenders, destinationOf } from './destinations.ts'
import { keepEvent, keptPayload } from './event-documents.ts'
import { type EventFate, fateOf, isTooOld, pauseAfter } from './event-fate.ts'
import { deadLetterAttributes, invocationRecord, type Served } from './invocation-record.ts'
import { isOfNewerSchema, isQueuedEvent, type QueuedEvent } from './queued-event.ts'

/** The function whose events are told of, and the role in which that is done. */
export interface Teller {
  readonly account: Account
  readonly name: string
  readonly role: string
}

export type RoleMay = (teller: Teller, action: string, resource: string) => Promise<boolean>

export interface EventConsumer extends DeliveryPorts {
  /** Must not run its function within the consumer's own request, which may only have a few under way. */
  readonly invoke: InvokeFunction
  readonly senders: DestinationSenders
  /** A version's manifest by its key in the store; see manifest-reader.ts. */
  readonly manifest: (key: string) => Promise<Manifest | undefined>
  /** Whether a function's execution role lets it deliver to a destination; absent: every role does. */
  readonly roleMay?: RoleMay
  /** Milliseconds that a call may take: the platform ends a consumer after fifteen minutes, and its batch with it. */
  readonly longestCallMs: number
  /** Milliseconds of a minute between a function's tries. */
  readonly minuteMs: number
  /** Lets work outlive the batch; used where the queue delivers one batch after the other. */
  readonly defer: (work: Promise<unknown>) => void
}

/** Seconds until a message of a newer Weir is looked at again. */
const UNKNOWN_SCHEMA_SECONDS = 60

/** The queue gives up on a message after a hundred deliveries; a new message is sent before that. */
const DELIVERIES_OF_A_MESSAGE = 90

const UNKNOWN_FUNCTION: InvocationResult = {
  kind: 'refused',
  reason: 'not-found',
  message: 'the function is not there any more',
}

/**
 * Calls the functions of a batch of events, each on its own: one that fails does not hold up the others. Never
 * rejects, as the queue would then repeat the events of the batch that were served.
 *
 * A message is only given back to the queue once the event's outcome, or its next try, is safe elsewhere: what is
 * cut off in between is done again.
 */
export async function consumeEvents(batch: MessageBatch<unknown>, consumer: EventConsumer): Promise<void> {
  await Promise.all(batch.messages.map(message => take(message, consumer)))
}

async function take(message: Message<unknown>, consumer: EventConsumer): Promise<void> {
  const { body } = message
  if (!isQueuedEvent(body)) {
    putAside(message)
  } else if (consumer.queueForgets && body.payloadKey !== undefined) {
    // Kept in the store until it is done. A local queue would not deliver anything else while a slow function runs.
    message.ack()
    consumer.defer(serve(body, detachedTurn(body, consumer), consumer))
  } else {
    await serve(body, queuedTurn(message, body, consumer), consumer)
  }
}

function putAside(message: Message<unknown>): void {
  if (isOfNewerSchema(message.body)) {
    message.retry({ delaySeconds: UNKNOWN_SCHEMA_SECONDS })
  } else {
    console.error(`message ${message.id} is not an event and was dropped`)
    message.ack()
  }
}

/** An event's place in the queue. */
interface Turn {
  /** Tries that did not reach the function before this one. */
  readonly deferrals: number
  done(): void
  defer(delaySeconds: number): Promise<void> | void
}

function queuedTurn(message: Message<unknown>, event: QueuedEvent, { queue }: EventConsumer): Turn {
  const deferrals = (event.deferrals ?? 0) + message.attempts - 1
  return {
    deferrals,
    done: () => message.ack(),
    async defer(delaySeconds) {
      if (message.attempts < DELIVERIES_OF_A_MESSAGE) return message.retry({ delaySeconds })
      await queue.send({ ...event, deferrals: deferrals + 1 }, { delaySeconds })
      message.ack()
    },
  }
}

function detachedTurn(event: QueuedEvent, { queue }: EventConsumer): Turn {
  const deferrals = event.deferrals ?? 0
  return {
    deferrals,
    done: () => {},
    async defer(delaySeconds) {
      await queue.send({ ...event, deferrals: deferrals + 1 }, { delaySeconds })
    },
  }
}

async function serve(event: QueuedEvent, turn: Turn, consumer: EventConsumer): Promise<void> {
  try {
    await tryEvent(event, turn, consumer)
  } catch (error) {
    console.error(`event ${event.requestId} for ${event.name} could not be served`, error)
    try {
      await turn.defer(pauseAfter(turn.deferrals))
    } catch (cause) {
      console.error(`event ${event.requestId} waits for the next start`, cause)
    }
  }
}

async function tryEvent(event: QueuedEvent, turn: Turn, consumer: EventConsumer): Promise<void> {
  const { store, queue, clock } = consumer
  const payload = event.payload ?? (await keptPayload(store, event.payloadKey))
  // It is removed after the event was served: this is a repetition of its message.
  if (payload === undefined) return turn.done()
  const found = await consumer.pointer(event.account, event.name, event.uid)
  const pointer = found && (event.uid === undefined || event.uid === found.uid) ? found : undefined
  const settings = settingsOf(pointer, event.qualifier ?? '$LATEST')
  measureArrival(event, turn, consumer)
  const result = isTooOld(event, settings, clock())
    ? undefined
    : pointer
      ? await call(event, payload, pointer, consumer)
      : UNKNOWN_FUNCTION
  const fate = fateOf({
    event,
    deferrals: turn.deferrals,
    result,
    settings,
    switchedOff: pointer?.reservedConcurrency?.limit === 0,
    now: clock(),
    minuteMs: consumer.minuteMs,
  })
  if (fate.kind === 'failed' || fate.kind === 'dropped')
    consumer.recorder?.event(event, 'AsyncEventsDropped', 1)
  switch (fate.kind) {
    case 'deferred':
      return turn.defer(fate.delaySeconds)
    case 'retried': {
      // A message of its own: tries that did not reach the function must not count as failures of it.
      const next: QueuedEvent = { ...event, failures: event.failures + 1, deferrals: undefined }
      if (consumer.queueForgets && event.payloadKey) await keepEvent(store, event.payloadKey, next, payload)
      await queue.send(next, { delaySeconds: fate.delaySeconds })
      return turn.done()
    }
    case 'dropped':
      console.warn(`event ${event.requestId} for ${event.name} was dropped: ${fate.why}`)
      break
    default:
      if (pointer) await tell({ event, payload, result, fate, at: clock() }, pointer, settings, consumer)
      else console.warn(`event ${event.requestId} for ${event.name} was dropped: ${reasonOf(fate)}`)
  }
  // Before the message is given back: a document that is gone is how a repetition is known.
  if (event.payloadKey) await store.delete(event.payloadKey)
  turn.done()
}

/** An object that accepts events has nothing to count with. */
function measureArrival(event: QueuedEvent, turn: Turn, { recorder, clock }: EventConsumer): void {
  const isFirstTry = event.failures === 0 && turn.deferrals === 0
  if (isFirstTry && !event.isCounted) recorder?.event(event, 'AsyncEventsReceived', 1)
  recorder?.event(event, 'AsyncEventAge', clock() - event.acceptedAt)
}

async function call(
  { account, name, qualifier, requestId, clientContext, traceId, stickyKey }: QueuedEvent,
  payload: string,
  pointer: FunctionPointer,
  { invoke, longestCallMs }: EventConsumer,
): Promise<InvocationResult> {
  const source = stickyKey === undefined ? undefined : { stickyKey }
  const made = invoke({ account, name, qualifier, requestId, clientContext, traceId, payload, source })
  try {
    return await within(made, longestCallMs, `event ${requestId}`)
  } catch (error) {
    if (!(error instanceof Overdue)) throw error
    // As if the function's own time were over: to leave it to the platform would be to repeat all of the batch.
    const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(longestCallMs / 1000).toFixed(2)} seconds`
    return {
      kind: 'answered',
      executedVersion: resolveAlias(pointer, qualifier, 1)?.version ?? '$LATEST',
      functionError: 'Unhandled',
      payload: JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }),
      logs: '',
      durationMs: longestCallMs,
    }
  }
}

function settingsOf(pointer: FunctionPointer | undefined, qualifier: string): EventInvokeSettings {
  const all = pointer?.eventInvoke
  return all && Object.hasOwn(all, qualifier) ? all[qualifier]! : {}
}

const reasonOf = (fate: EventFate): string => (fate.kind === 'failed' ? fate.condition : fate.kind)

/** Tells the destinations and the dead-letter target what became of an event. */
async function tell(
  served: Served,
  pointer: FunctionPointer,
  settings: EventInvokeSettings,
  consumer: EventConsumer,
): Promise<void> {
  const { event, payload, result, fate } = served
  const succeeded = fate.kind === 'succeeded'
  const destination = succeeded ? settings.onSuccess : settings.onFailure
  // What succeeds leaves no dead letter, so only a role that has to be asked makes its manifest worth reading.
  const manifest =
    !succeeded || (destination !== undefined && consumer.roleMay)
      ? await manifestOf(pointer, event, result, consumer)
      : undefined
  // The call that this is about counts, so that a loop of destinations is one.
  const traceId = countCall(event, pointer.uid, event.acceptedAt).header
  const deliveries: (Delivery & { readonly failure: EventMetric })[] = []
  const of = { account: event.account, traceId }
  if (destination)
    deliveries.push({
      ...of,
      arn: destination,
      body: invocationRecord(served),
      failure: 'DestinationDeliveryFailures',
    })
  if (!succeeded && manifest?.deadLetterTarget) {
    const attributes = deadLetterAttributes(served)
    deliveries.push({
      ...of,
      arn: manifest.deadLetterTarget,
      body: payload,
      attributes,
      failure: 'DeadLetterErrors',
    })
  }
  if (!succeeded && deliveries.length === 0) {
    console.warn(`event ${event.requestId} for ${event.name} was dropped: ${reasonOf(fate)}`)
  }
  for (const delivery of deliveries) {
    const teller = manifest && { account: event.account, name: event.name, role: manifest.role }
    const refusal = await deliver(delivery, teller, consumer)
    if (refusal !== undefined) {
      consumer.recorder?.event(event, delivery.failure, 1)
      console.error(`what became of event ${event.requestId} could not be told ${delivery.arn}: ${refusal}`)
    }
  }
}

async function deliver(
  delivery: Delivery,
  teller: Teller | undefined,
  consumer: EventConsumer,
): Promise<string | undefined> {
  const destination = destinationOf(delivery.arn)
  if (!destination) return 'it is not a destination'
  const { service, action, what } = destination
  const send = consumer.senders[service]
  if (!send) return `there are no ${what} here`
  if (consumer.roleMay && !(teller && (await consumer.roleMay(teller, action, delivery.arn)))) {
    return `the execution role may not ${action}`
  }
  return send(delivery, consumer)
}

/** The manifest of the version that an event was for: the one that ran, or would have. */
async function manifestOf(
  pointer: FunctionPointer,
  event: QueuedEvent,
  result: InvocationResult | undefined,
  consumer: EventConsumer,
): Promise<Manifest | undefined> {
  const version = result?.kind === 'answered' ? result.executedVersion : undefined
  const key =
    version === undefined || version === '$LATEST'
      ? resolveAlias(pointer, version ?? event.qualifier, 1)?.manifest
      : manifestKey(pointer.uid, version)
  return key === undefined ? undefined : consumer.manifest(key)
}
