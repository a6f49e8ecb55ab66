import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { CallIntake } from '../../../src/functions/events/accept-call.ts'
import type { FunctionPointer } from '../../../src/functions/manifest.ts'
import { deliverLines } from '../../../src/observability/logs/deliver-lines.ts'
import { eventIdOf, type GroupEvent } from '../../../src/observability/logs/kept-event.ts'

const account = { id: '123456789012', region: 'us-east-1' }
const filter = {
  name: 'f',
  created: 1,
  pattern: '',
  destinationArn: 'arn:aws:lambda:us-east-1:123456789012:function:sink',
  distribution: 'ByLogStream' as const,
}

interface Sent {
  readonly requestId: string
  readonly payload: string
}

/** What accepts calls of one function, whose policy lets this service in; undefined: there is no function. */
function intakeFor(
  service: string | undefined,
  sourceArn = 'arn:aws:logs:us-east-1:123456789012:log-group:g:*',
) {
  const sent: Sent[] = []
  const stored = new Map<string, string>()
  const statement = {
    Sid: 's',
    Effect: 'Allow' as const,
    Principal: { Service: service },
    Action: 'lambda:InvokeFunction',
    Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } },
  }
  const doc = { uid: 'u', aliases: {}, deleted: [], newest: 0, latest: 'm', policies: { '': [statement] } }
  const get = async () => (service === undefined ? undefined : { doc: doc as unknown as FunctionPointer })
  const intake = {
    events: {
      queue: {
        // What is too large for the queue lies in the store.
        send: async ({ requestId, payload, payloadKey }: Sent & { payloadKey: string }) =>
          sent.push({ requestId, payload: payload ?? stored.get(payloadKey) }),
      },
      clock: () => 0,
      queueForgets: false,
      store: {
        put: async (key: string, body: Uint8Array) => stored.set(key, Buffer.from(body).toString()),
      },
    },
    pointers: { get, getNewer: get },
    clock: () => 0,
  } as unknown as CallIntake
  return { intake, sent }
}

const event = (ordinal: number, stream = 's', message = `m${ordinal}`): GroupEvent => ({
  timestamp: 1000 + ordinal,
  ingested: 2000,
  ordinal,
  shard: 0,
  stream,
  message,
})

const dataOf = ({ payload }: Sent) =>
  JSON.parse(gunzipSync(Buffer.from(JSON.parse(payload).awslogs.data, 'base64')).toString())

describe('a subscription', () => {
  it('tells its function of each stream as CloudWatch Logs does', async () => {
    const { intake, sent } = intakeFor('logs.amazonaws.com')
    const events = [event(1), event(2, 't'), event(3)]
    expect(await deliverLines(intake, { account, group: 'g', filter, events })).toBeUndefined()
    expect(sent.map(dataOf)).toEqual([
      {
        messageType: 'DATA_MESSAGE',
        owner: '123456789012',
        logGroup: 'g',
        logStream: 's',
        subscriptionFilters: ['f'],
        logEvents: [event(1), event(3)].map(each => ({
          id: eventIdOf(each),
          timestamp: each.timestamp,
          message: each.message,
        })),
      },
      expect.objectContaining({ logStream: 't' }),
    ])
  })

  it('makes the same calls when the same events are told again', async () => {
    const { intake, sent } = intakeFor('logs.amazonaws.com')
    const delivery = { account, group: 'g', filter, events: [event(1), event(2)] }
    await deliverLines(intake, delivery)
    await deliverLines(intake, delivery)
    await deliverLines(intake, { ...delivery, events: [event(3)] })
    const [one, again, other] = sent.map(({ requestId }) => requestId)
    expect(one).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(again).toBe(one)
    expect(other).not.toBe(one)
  })

  it('spreads what is too much for one call over several', async () => {
    const { intake, sent } = intakeFor('logs.amazonaws.com')
    // 16 digits of a linear congruence each: nothing in them repeats.
    let state = 7
    const noise = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state.toString(16).padStart(8, '0')
    }
    const events = Array.from({ length: 100 }, (_, i) =>
      event(i, 's', Array.from({ length: 500 }, noise).join('')),
    )
    await deliverLines(intake, { account, group: 'g', filter, events })
    expect(sent.length).toBeGreaterThan(1)
    const told = sent.flatMap(each => dataOf(each).logEvents)
    expect(told.map(({ message }) => message)).toEqual(events.map(({ message }) => message))
    for (const { payload } of sent) expect(payload.length).toBeLessThan(256 * 1024)
  })

  it('asks the policy of the function, by the regional name as well', async () => {
    const delivery = { account, group: 'g', filter, events: [event(1)] }
    const regional = intakeFor('logs.us-east-1.amazonaws.com')
    expect(await deliverLines(regional.intake, delivery)).toBeUndefined()
    expect(regional.sent.length).toBe(1)
    const others = [
      intakeFor('sns.amazonaws.com'),
      intakeFor('logs.amazonaws.com', 'arn:aws:logs:*:*:log-group:x:*'),
    ]
    for (const { intake } of others) {
      expect((await deliverLines(intake, delivery))?.reason).toBe('not-permitted')
    }
    expect((await deliverLines(intakeFor(undefined).intake, delivery))?.reason).toBe('not-found')
  })
})
