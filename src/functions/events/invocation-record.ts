import { functionArn } from '../../lib/arn.ts'
import type { Answered, InvocationResult } from '../invocation.ts'
import type { EventFate } from './event-fate.ts'
import type { QueuedEvent } from './queued-event.ts'

/** A message for a destination, as JSON text. */
export interface Served {
  readonly event: QueuedEvent
  /** JSON text of the event. */
  readonly payload: string
  readonly result: InvocationResult | undefined
  readonly fate: Extract<EventFate, { kind: 'succeeded' | 'failed' }>
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * What a destination is told of an asynchronous call, as JSON text: request and response are in it letter by letter,
 * so that numbers too large for JavaScript stay what they were. `responseContext` and `responsePayload` are there
 * when the function answered the last try.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function invocationRecord({ event, payload, result, fate, at }: Served): string {
  const answer = result?.kind === 'answered' ? result : undefined
  const members = [
    `"version":"1.0"`,
    `"timestamp":${JSON.stringify(new Date(at).toISOString())}`,
    `"requestContext":${JSON.stringify({
      requestId: event.requestId,
      functionArn: functionArn(event.account, event.name, event.qualifier ?? '$LATEST'),
      condition: fate.kind === 'succeeded' ? 'Success' : fate.condition,
      approximateInvokeCount: event.failures + (answer ? 1 : 0),
    })}`,
    `"requestPayload":${payload}`,
  ]
  if (answer) {
    members.push(
      `"responseContext":${JSON.stringify({
        statusCode: 200,
        executedVersion: answer.executedVersion,
        functionError: answer.functionError,
      })}`,
      `"responsePayload":${answer.payload}`,
    )
  }
  return `{${members.join(',')}}`
}

export interface MessageAttribute {
  readonly type: 'String' | 'Number'
  readonly value: string
}

/** Characters of an error message that a dead letter tells. */
const LONGEST_ERROR_MESSAGE = 1024

/**
 * The attributes of a dead letter, whose body is the event itself.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
 */
export function deadLetterAttributes({
  event,
  result,
}: Served): Readonly<Record<'RequestID' | 'ErrorCode' | 'ErrorMessage', MessageAttribute>> {
  const text =
    result?.kind === 'answered'
      ? errorMessageOf(result)
      : (result?.message ??
        'The event was older than its maximum age before it could be handed to the function.')
  return {
    RequestID: { type: 'String', value: event.requestId },
    ErrorCode: { type: 'Number', value: String(statusOf(result)) },
    ErrorMessage: { type: 'String', value: text.slice(0, LONGEST_ERROR_MESSAGE) },
  }
}

/** As Invoke would have answered. */
function statusOf(result: InvocationResult | undefined): number {
  if (!result || result.kind === 'answered') return 200
  if (result.reason === 'throttled' || result.reason === 'over-ceiling') return 429
  return result.reason === 'recursive' ? 400 : 500
}

function errorMessageOf({ payload }: Answered): string {
  const document: unknown = JSON.parse(payload)
  const message = (document as { errorMessage?: unknown } | null)?.errorMessage
  return typeof message === 'string' ? message : payload
}
