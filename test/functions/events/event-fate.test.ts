import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fateOf, maximumAge, type Try } from '../../../src/functions/events/event-fate.ts'
import { deadLetterAttributes, invocationRecord } from '../../../src/functions/events/invocation-record.ts'
import type { QueuedEvent } from '../../../src/functions/events/queued-event.ts'
import type { Answered, InvocationResult, RefusalReason } from '../../../src/functions/invocation.ts'

const EVENT: QueuedEvent = {
  schema: 1,
  account: { id: '000000000000', region: 'us-east-1' },
  name: 'called',
  requestId: 'request-1',
  acceptedAt: 1_800_000_000_000,
  failures: 0,
  payload: '{}',
}
const answered: Answered = {
  kind: 'answered',
  executedVersion: '1',
  payload: 'null',
  logs: '',
  durationMs: 1,
}

const result: fc.Arbitrary<InvocationResult> = fc.oneof(
  fc.constant(answered),
  fc.constant({ ...answered, functionError: 'Unhandled' as const }),
  fc
    .constantFrom<RefusalReason>(
      'throttled',
      'over-ceiling',
      'unavailable',
      'not-found',
      'recursive',
      'not-ready',
    )
    .map(reason => ({ kind: 'refused' as const, reason, message: 'why' })),
)
const settings = fc.record(
  {
    maximumRetryAttempts: fc.integer({ min: 0, max: 2 }),
    maximumEventAge: fc.integer({ min: 60, max: 21_600 }),
  },
  { requiredKeys: [] },
)

describe('an event', () => {
  test('comes to an end, whatever its function does: in time, and after as many tries as it may have', () => {
    fc.assert(
      fc.property(
        settings,
        fc.infiniteStream(result),
        fc.infiniteStream(fc.integer({ min: 0, max: 900_000 })),
        (settings, results, durations) => {
          let event = EVENT
          let now = EVENT.acceptedAt
          let deferrals = 0
          let failures = 0
          for (;;) {
            expect(now - EVENT.acceptedAt).toBeLessThanOrEqual(maximumAge(settings) * 1000)
            const answer = results.next().value!
            if (answer.kind === 'answered' && answer.functionError) failures++
            now += durations.next().value!
            const made: Try = {
              event,
              deferrals,
              result: answer,
              settings,
              switchedOff: false,
              now,
              minuteMs: 60_000,
            }
            const fate = fateOf(made)
            if (fate.kind === 'retried') {
              event = { ...event, failures: event.failures + 1 }
              deferrals = 0
            } else if (fate.kind === 'deferred') {
              deferrals++
            } else {
              expect(failures).toBeLessThanOrEqual((settings.maximumRetryAttempts ?? 2) + 1)
              return
            }
            expect(fate.delaySeconds).toBeGreaterThan(0)
            now += fate.delaySeconds * 1000
          }
        },
      ),
    )
  })

  test('waits a minute as long as minutes are', () => {
    const made: Try = {
      event: EVENT,
      deferrals: 0,
      result: { ...answered, functionError: 'Unhandled' },
      settings: {},
      switchedOff: false,
      now: EVENT.acceptedAt,
      minuteMs: 1500,
    }
    expect(fateOf(made)).toEqual({ kind: 'retried', delaySeconds: 2 })
    expect(fateOf({ ...made, event: { ...EVENT, failures: 1 } })).toEqual({
      kind: 'retried',
      delaySeconds: 3,
    })
  })
})

describe('what is told of an event', () => {
  test('is a JSON document that has request and response in it as they were', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.json(),
        fc.constantFrom(undefined, 'Unhandled' as const),
        (request, response, error) => {
          const record = invocationRecord({
            event: { ...EVENT, qualifier: 'live' },
            payload: request,
            result: { ...answered, payload: response, functionError: error },
            fate: error ? { kind: 'failed', condition: 'RetriesExhausted' } : { kind: 'succeeded' },
            at: EVENT.acceptedAt,
          })
          const parsed = JSON.parse(record)
          expect(parsed.requestPayload).toEqual(JSON.parse(request))
          expect(parsed.responsePayload).toEqual(JSON.parse(response))
          expect(parsed.requestContext.functionArn).toMatch(/:function:called:live$/)
          expect(Object.keys(parsed)).toEqual([
            'version',
            'timestamp',
            'requestContext',
            'requestPayload',
            'responseContext',
            'responsePayload',
          ])
        },
      ),
    )
  })

  test('in a dead letter’s attributes is at most a kilobyte of the error', () => {
    const served = {
      event: EVENT,
      payload: '{}',
      fate: { kind: 'failed', condition: 'RetriesExhausted' },
      at: 0,
    } as const
    const failed = (payload: string) => ({ ...answered, functionError: 'Unhandled' as const, payload })
    const long = deadLetterAttributes({ ...served, result: failed(`{"errorMessage":"${'x'.repeat(5000)}"}`) })
    expect(long.ErrorMessage).toEqual({ type: 'String', value: 'x'.repeat(1024) })
    const odd = deadLetterAttributes({ ...served, result: failed('"no document"') })
    expect(odd.ErrorMessage.value).toBe('"no document"')
    const throttled = { kind: 'refused', reason: 'throttled', message: 'Rate Exceeded.' } as const
    expect(deadLetterAttributes({ ...served, result: throttled }).ErrorCode).toEqual({
      type: 'Number',
      value: '429',
    })
  })
})
