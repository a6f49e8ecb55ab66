import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PublishedSubscription, PublishedTopic } from '../../../src/messaging/topics/published-topic.ts'
import { migrate } from '../../../src/records/migrate.ts'
import { env } from '../../whole-weir.ts'

const TOPIC: PublishedTopic = {
  schema: 1,
  uid: 'topic-1',
  policy: '{"Version":"2012-10-17","Statement":[]}',
  signatureVersion: '2',
}

const subscription = (id: string, more: Partial<PublishedSubscription> = {}): PublishedSubscription => ({
  schema: 1,
  id,
  topicUid: 'topic-1',
  protocol: 'https',
  endpoint: `https://${id}.example/`,
  origin: 'https://weir.example',
  isPending: false,
  isRaw: true,
  deliveryPolicy: '{"healthyRetryPolicy":{"numRetries":3,"numNoDelayRetries":3}}',
  ...more,
})

const NEVER_AGAIN = '{"healthyRetryPolicy":{"numRetries":0}}'

/** What endpoints got, `{host} {body}`, and what they answer. */
let got: string[] = []
let answer: (host: string) => Promise<Response> | Response = () => new Response()

beforeAll(async () => {
  await migrate(env.DB)
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    const host = new URL(request.url).hostname.replace('.example', '')
    got.push(`${host} ${await request.text()}`)
    return answer(host)
  })
})
afterAll(() => vi.restoreAllMocks())

/** Lets an object complain of what a test makes it complain of. */
function inSilence(level: 'warn' | 'error') {
  const said = vi.spyOn(console, level).mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  return said
}

let hubs = 0

async function newHub(...subscriptions: PublishedSubscription[]) {
  got = []
  answer = () => new Response()
  const name = `topics/000000000042/us-east-1/hub-${++hubs}`
  const hub = () => env.TOPIC_HUB.getByName(name)
  await hub().write(1, JSON.stringify(TOPIC))
  for (const each of subscriptions) await hub().writeSubscription(each.id, 1, each)
  return hub
}

let ids = 0
const message = (text: string) => ({ id: `message-${++ids}`, at: Date.now(), message: text })

const arrived = (count: number) =>
  vi.waitFor(
    () => {
      if (got.length < count) throw new Error(`${got.length} have arrived`)
    },
    { timeout: 5_000, interval: 5 },
  )

/** Rows that are kept for messages. */
const kept = (hub: DurableObjectStub) =>
  runInDurableObject(hub, (_, { storage }) =>
    ['parcels', 'retries'].map(
      table => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
    ),
  )

describe('a topic’s object', () => {
  it('keeps nothing of what all have been told, and writes nothing of what nobody wants', async () => {
    const hub = await newHub(
      subscription('a'),
      subscription('b', { filter: { policy: '{"x":["y"]}', scope: 'MessageAttributes' } }),
    )
    expect(await hub().publish([message('one'), message('two')])).toBe('taken')
    await arrived(2)
    expect(got.toSorted()).toEqual(['a one', 'a two'])
    await vi.waitFor(async () => expect(await kept(hub())).toEqual([0, 0]))
    await hub().writeSubscription('a', 2, null)
    expect(await hub().publish([message('three')])).toBe('taken')
    expect(await kept(hub())).toEqual([0, 0])
  })

  it('tells after a crash whom it had not told, and forgets nobody who is to be tried again', async () => {
    const hub = await newHub(subscription('hangs'), subscription('fails'))
    const hanging = Promise.withResolvers<Response>()
    answer = host => (host === 'hangs' ? hanging.promise : new Response(null, { status: 500 }))
    expect(await hub().publish([message('first')])).toBe('taken')
    await arrived(2)
    await abortAllDurableObjects()
    got = []
    answer = () => new Response()
    // Whatever makes it begin: a request, or the alarm that it had set.
    await hub().read(undefined)
    await arrived(2)
    expect(got.toSorted()).toEqual(['fails first', 'hangs first'])
    await vi.waitFor(async () => expect(await kept(hub())).toEqual([0, 0]))
    hanging.resolve(new Response())
  })

  it('has set an alarm before it tells anybody', async () => {
    const hub = await newHub(subscription('slow'))
    const hanging = Promise.withResolvers<Response>()
    answer = () => hanging.promise
    await hub().publish([message('x')])
    await arrived(1)
    const alarm = await runInDurableObject(hub(), (_, { storage }) => storage.getAlarm())
    expect(alarm).toBeGreaterThan(Date.now())
    expect(alarm).toBeLessThanOrEqual(Date.now() + 10_000)
    hanging.resolve(new Response())
    await vi.waitFor(async () => expect(await kept(hub())).toEqual([0, 0]))
  })

  it('ignores what is said late: of an older generation, or of a former topic', async () => {
    const hub = await newHub()
    await hub().writeSubscription('a', 5, null)
    await hub().writeSubscription('a', 4, subscription('a'))
    await hub().writeSubscription('b', 1, subscription('b', { topicUid: 'topic-0' }))
    await hub().writeSubscription('c', 1, subscription('c', { isPending: true }))
    await hub().writeSubscription('d', 1, subscription('d'))
    await hub().publish([message('x')])
    await arrived(1)
    expect(got).toEqual(['d x'])
  })

  it('drops what was not delivered when the topic is deleted', async () => {
    const hub = await newHub(subscription('dead'))
    inSilence('warn')
    const hanging = Promise.withResolvers<Response>()
    answer = () => hanging.promise
    await hub().publish([message('x')])
    await arrived(1)
    await hub().write(2, null)
    hanging.resolve(new Response(null, { status: 500 }))
    expect(await hub().publish([message('y')])).toBe('no such topic')
    expect(await kept(hub())).toEqual([0, 0])
    await hub().write(1, JSON.stringify(TOPIC))
    expect(await hub().publish([message('y')])).toBe('no such topic')
    expect(got).toHaveLength(1)
  })

  it('does not count against a subscriber what Weir could not do', async () => {
    const hub = await newHub(subscription('patient', { deliveryPolicy: NEVER_AGAIN }))
    inSilence('error')
    const signing = vi.spyOn(crypto.subtle, 'sign').mockRejectedValueOnce(new Error('no keys today'))
    await hub().publish([message('late')])
    await vi.waitFor(() => expect(signing).toHaveBeenCalled())
    signing.mockRestore()
    // Whatever is due begins with the object's life.
    await abortAllDurableObjects()
    await hub().read(undefined)
    await arrived(1)
    expect(got).toEqual(['patient late'])
  })

  it('reaches no address of its own network where it is deployed', async () => {
    const hub = await newHub(subscription('inside', { endpoint: 'http://169.254.169.254/latest' }))
    const said = inSilence('warn')
    await runInDurableObject(hub(), object => {
      const owner = object as unknown as { env: object }
      owner.env = { ...owner.env, WEIR_LOCAL: undefined }
    })
    await hub().publish([message('x')])
    await vi.waitFor(async () => expect(await kept(hub())).toEqual([0, 0]))
    expect(got).toEqual([])
    expect(said).toHaveBeenCalledWith(expect.stringContaining('169.254.169.254 is not a public address'))
  })
})
