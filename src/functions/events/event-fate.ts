import type { InvocationResult } from '../invocation.ts'
import type { EventInvokeSettings } from '../manifest.ts'
import type { QueuedEvent } from './queued-event.ts'

/** Why an event is not tried (again); the words of an invocation record's `condition`. */
export type FailureCondition =
  | 'RetriesExhausted'
  | 'EventAgeExceeded'
  | 'ZeroReservedConcurrency'
  | 'RecursiveInvocation'

/** What becomes of an event after a try. */
export type EventFate =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly condition: FailureCondition }
  /** The function failed at it: it is called again, which counts. */
  | { readonly kind: 'retried'; readonly delaySeconds: number }
  /** It did not reach the function; such tries are not counted. */
  | { readonly kind: 'deferred'; readonly delaySeconds: number }
  /** There is nobody left to tell. */
  | { readonly kind: 'dropped'; readonly why: string }

/** Lambda's defaults. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const EVENT_DEFAULTS = { maximumRetryAttempts: 2, maximumEventAge: 6 * 60 * 60 } as const

/** Minutes: "a one-minute wait between the first two attempts, and two minutes between the second and third". */
const RETRY_MINUTES = [1, 2]

/** The longest pause between tries of an event whose function is throttled or out of reach; as Lambda's. */
const LONGEST_PAUSE_SECONDS = 300

/** By then every isolate knows of a function that was created before the event was accepted. */
const UNKNOWN_FUNCTION_SECONDS = 3

export interface Try {
  readonly event: QueuedEvent
  /** Tries that did not reach the function so far. */
  readonly deferrals: number
  /** Absent: the event was too old to be tried. */
  readonly result: InvocationResult | undefined
  readonly settings: EventInvokeSettings
  /** The function's reserved concurrency is 0. */
  readonly switchedOff: boolean
  readonly now: number
  /** Milliseconds of a minute. */
  readonly minuteMs: number
}

/** Seconds for which an event may wait. */
export const maximumAge = (settings: EventInvokeSettings): number =>
  settings.maximumEventAge ?? EVENT_DEFAULTS.maximumEventAge

export const isTooOld = (event: QueuedEvent, settings: EventInvokeSettings, at: number): boolean =>
  at - event.acceptedAt > maximumAge(settings) * 1000

/**
 * Decides what becomes of an event. A try that would come too late is not waited for.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function fateOf(made: Try): EventFate {
  const { event, deferrals, result, settings, now } = made
  if (!result) return { kind: 'failed', condition: 'EventAgeExceeded' }
  if (result.kind === 'answered') {
    if (result.functionError === undefined) return { kind: 'succeeded' }
    if (event.failures >= (settings.maximumRetryAttempts ?? EVENT_DEFAULTS.maximumRetryAttempts)) {
      return { kind: 'failed', condition: 'RetriesExhausted' }
    }
    const minutes = RETRY_MINUTES[event.failures] ?? RETRY_MINUTES.at(-1)!
    return inTime('retried', Math.ceil((minutes * made.minuteMs) / 1000))
  }
  switch (result.reason) {
    case 'not-found':
      return deferrals === 0
        ? inTime('deferred', UNKNOWN_FUNCTION_SECONDS)
        : { kind: 'dropped', why: result.message }
    case 'not-permitted':
      return { kind: 'dropped', why: result.message }
    case 'recursive':
      return { kind: 'failed', condition: 'RecursiveInvocation' }
    default:
      if (made.switchedOff) return { kind: 'failed', condition: 'ZeroReservedConcurrency' }
      return inTime('deferred', pauseAfter(deferrals))
  }

  function inTime(kind: 'retried' | 'deferred', delaySeconds: number): EventFate {
    return isTooOld(event, settings, now + delaySeconds * 1000)
      ? { kind: 'failed', condition: 'EventAgeExceeded' }
      : { kind, delaySeconds }
  }
}

/** "The retry interval increases exponentially from 1 second after the first attempt to a maximum of 5 minutes" */
export const pauseAfter = (deferrals: number): number => Math.min(LONGEST_PAUSE_SECONDS, 2 ** deferrals)
