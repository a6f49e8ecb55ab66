import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { markedObjects } from '../../../src/lib/object-marks.ts'
import { storePages } from '../../../src/lib/store-pages.ts'
import type { KeptEvent } from '../../../src/observability/logs/kept-event.ts'
import { logGroups } from '../../../src/observability/logs/log-groups.ts'
import { readLines } from '../../../src/observability/logs/read-lines.ts'
import { Records } from '../../../src/records/records.ts'
import { type LogsHarness, logsHarness, REGION } from '../../aws/services/logs/logs-harness.ts'

const DAY_MS = 24 * 60 * 60_000
const GROUP = '/aws/lambda/f'

let weir: LogsHarness
let account: { id: string; region: string }

beforeEach(async () => {
  weir = await logsHarness()
  account = { id: weir.account, region: REGION }
}, 60_000)

let batches = 0
const tell = (shard: number, stream: string, events: { timestamp: number; message: string }[]) =>
  weir.store(GROUP, shard).take({ sender: 'test', number: ++batches, items: [{ stream, events }] })

async function read(direction: 'forward' | 'backward' = 'forward'): Promise<KeptEvent[]> {
  const events: KeptEvent[] = []
  const query = { from: 0, until: Number.MAX_SAFE_INTEGER, direction }
  for await (const part of readLines(weir.env, account, GROUP, query)) events.push(...part)
  return events
}

const texts = (events: readonly KeptEvent[]) => events.map(({ message }) => message)

const storedKeys = async () => {
  const keys: string[] = []
  for await (const page of storePages(weir.env.STORE, `log-segments/logs/${weir.account}/`)) {
    keys.push(...page.map(({ key }) => key))
  }
  return keys
}

/** Lines that hardly compress, seeded. */
function noise(count: number, at: number, seed: number) {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state.toString(36)
  }
  return Array.from({ length: count }, (_, i) => ({
    timestamp: at + i,
    message: Array.from({ length: 200 }, next).join(''),
  }))
}

describe('a group that isolates write to', () => {
  it('is there with its first line, and its streams are', async () => {
    await tell(0, '2026/11/23/[$LATEST]00', [{ timestamp: weir.now, message: 'START' }])
    const [group] = (await weir.client.describeLogGroups({})).logGroups!
    expect(group!.logGroupName).toBe(GROUP)
    const [stream] = (await weir.client.describeLogStreams({ logGroupName: GROUP })).logStreams!
    expect(stream).toMatchObject({ logStreamName: '2026/11/23/[$LATEST]00', lastEventTimestamp: weir.now })
    expect(await markedObjects(weir.env.STORE, `logs/${weir.account}/`)).toEqual([
      `logs/${weir.account}/${REGION}/${GROUP}`,
    ])
  })

  it('has a batch once, however often it is told', async () => {
    const batch = {
      sender: 'again',
      number: 1,
      items: [{ stream: 's', events: [{ timestamp: weir.now, message: 'once' }] }],
    }
    for (let i = 0; i < 3; i++) expect(await weir.store(GROUP).take(batch)).toEqual({ shards: 1 })
    expect(texts(await read())).toEqual(['once'])
  })

  it('is read from all objects that share its work, in order', async () => {
    await weir.store(GROUP).widen(4)
    for (let i = 0; i < 12; i++) {
      await tell(i % 4, 's', [{ timestamp: weir.now + ((i * 5) % 12), message: String((i * 5) % 12) }])
    }
    const all = Array.from({ length: 12 }, (_, i) => String(i))
    expect(texts(await read())).toEqual(all)
    expect(texts(await read('backward'))).toEqual(all.toReversed())
    const { logStreams } = await weir.client.describeLogStreams({ logGroupName: GROUP })
    expect(logStreams!.length).toBe(1)
    expect(logStreams![0]).toMatchObject({
      firstEventTimestamp: weir.now,
      lastEventTimestamp: weir.now + 11,
    })
    const put = { logGroupName: GROUP, logStreamName: 's' }
    for (let i = 0; i < 5; i++) {
      await weir.client.putLogEvents({
        ...put,
        logEvents: [{ timestamp: weir.now + 20 + i, message: 'put' }],
      })
    }
    expect((await weir.client.getLogEvents({ ...put, startTime: weir.now + 20 })).events!.length).toBe(5)
    await weir.client.deleteLogGroup({ logGroupName: GROUP })
    expect(await markedObjects(weir.env.STORE, `logs/${weir.account}/`)).toEqual([])
  })
})

describe('old lines', () => {
  it('lie in the store, a megabyte or so together, and are read as before', async () => {
    const told = Array.from({ length: 6 }, (_, i) => noise(250, weir.now + i * 200, i + 1))
    for (const [i, events] of told.entries()) {
      await tell(0, i % 2 === 0 ? 'even' : 'odd', events)
      // Nothing is lost of what was acknowledged, wherever the object begins anew.
      if (i === 2) await evictDurableObject(weir.store(GROUP))
    }
    const before = await read()
    expect(before.length).toBe(1500)
    expect(await runDurableObjectAlarm(weir.store(GROUP))).toBe(true)
    const keys = await storedKeys()
    expect(keys.length).toBeGreaterThan(0)
    const sizes = await Promise.all(keys.map(async key => (await weir.env.STORE.head(key))!.size))
    expect(Math.max(...sizes)).toBeLessThan(9 * 1024 * 1024)
    const chunks = await runInDurableObject(weir.store(GROUP), (_, { storage }) =>
      Number(storage.sql.exec('SELECT count(*) AS n FROM chunks').one().n),
    )
    expect(chunks).toBe(0)
    expect(await read()).toEqual(before)
    expect(texts(await read('backward'))).toEqual(texts(before).toReversed())
    const late = { timestamp: weir.now + 700, message: 'late' }
    await tell(0, 'odd', [late])
    const after = texts(await read())
    expect(after.length).toBe(1501)
    expect(after.indexOf('late')).toBeGreaterThan(700)
    const { events } = await weir.client.getLogEvents({
      logGroupName: GROUP,
      logStreamName: 'odd',
      limit: 10_000,
    })
    expect(
      events!.every(
        ({ message }) =>
          message === 'late' || told[1]!.concat(told[3]!, told[5]!).some(e => e.message === message),
      ),
    ).toBe(true)
    const { logStreams } = await weir.client.describeLogStreams({ logGroupName: GROUP })
    expect(logStreams!.map(s => [s.logStreamName, s.firstEventTimestamp, s.lastEventTimestamp])).toEqual([
      ['even', weir.now, weir.now + 800 + 249],
      ['odd', weir.now + 200, weir.now + 1000 + 249],
    ])
    const [group] = (await weir.client.describeLogGroups({})).logGroups!
    expect(group!.storedBytes).toBeGreaterThan(1_000_000)
    await weir.client.deleteLogGroup({ logGroupName: GROUP })
    expect(await storedKeys()).toEqual([])
  })

  it('go when they expire, from the store as well, with streams that nobody made', async () => {
    const old = Date.now() - 10 * DAY_MS
    for (let i = 0; i < 4; i++) await tell(0, 'old', noise(400, old + i * 400, i + 10))
    await runDurableObjectAlarm(weir.store(GROUP))
    expect((await storedKeys()).length).toBeGreaterThan(0)
    await tell(0, 'new', [{ timestamp: Date.now(), message: 'new' }])
    await weir.client.createLogStream({ logGroupName: GROUP, logStreamName: 'made' })
    await weir.client.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 5 })
    expect(await runDurableObjectAlarm(weir.store(GROUP))).toBe(true)
    expect(await storedKeys()).toEqual([])
    expect(texts(await read())).toEqual(['new'])
    const { logStreams } = await weir.client.describeLogStreams({ logGroupName: GROUP })
    expect(logStreams!.map(({ logStreamName }) => logStreamName)).toEqual(['made', 'new'])
  })

  it('stay whole when the object ends between the store and its own tables', async () => {
    for (let i = 0; i < 4; i++) await tell(0, 's', noise(400, weir.now + i * 400, i + 20))
    const before = await read()
    // What is left of a move that ended after it had written to the store.
    await weir.env.STORE.put(`log-segments/logs/${weir.account}/half`, 'half')
    await runInDurableObject(weir.store(GROUP), (_, { storage }) => {
      storage.sql.exec('INSERT INTO doomed VALUES (?)', `log-segments/logs/${weir.account}/half`)
    })
    await runDurableObjectAlarm(weir.store(GROUP))
    expect(await weir.env.STORE.head(`log-segments/logs/${weir.account}/half`)).toBeNull()
    expect(await read()).toEqual(before)
  })
})

describe("a group's object", () => {
  it('forgets the lines of another life of the name', async () => {
    await tell(0, 's', [{ timestamp: weir.now, message: 'old' }])
    const records = new Records(weir.env.DB, account)
    const stored = (await records.get(logGroups, '', GROUP))!
    await records
      .change()
      .replace(logGroups, stored, { ...stored.doc, uid: 'another' })
      .commit()
    await weir.store(GROUP).reload()
    expect(await read()).toEqual([])
    await tell(0, 's', [{ timestamp: weir.now, message: 'new' }])
    expect(texts(await read())).toEqual(['new'])
  })

  it('streams what it takes to those who follow, packed', async () => {
    const session = await weir.client.startLiveTail({
      logGroupIdentifiers: [await follow()],
      logEventFilterPattern: 'wanted',
    })
    const updates: string[] = []
    let hasStarted = false
    for await (const event of session.responseStream!) {
      if (event.sessionStart) {
        hasStarted = true
        await tell(0, 's', [
          { timestamp: weir.now, message: 'wanted 1' },
          { timestamp: weir.now, message: 'other' },
        ])
        await tell(0, 't', [{ timestamp: weir.now, message: 'wanted 2' }])
      }
      updates.push(...(event.sessionUpdate?.sessionResults ?? []).map(r => `${r.logStreamName} ${r.message}`))
      if (updates.length > 0) break
    }
    expect(hasStarted).toBe(true)
    expect(updates).toEqual(['s wanted 1', 't wanted 2'])
  })

  it('has isolates hurry while somebody reads what they tell', async () => {
    const line = [{ timestamp: weir.now, message: 'a line' }]
    expect(await tell(0, 's', line)).toEqual({ shards: 1 })
    await read()
    expect(await tell(0, 's', line)).toEqual({ shards: 1, isAwaited: true })
    await evictDurableObject(weir.store(GROUP))
    expect(await tell(0, 's', line)).toEqual({ shards: 1 })
  })
})

async function follow(): Promise<string> {
  await weir.client.createLogGroup({ logGroupName: GROUP })
  return weir.arn(GROUP)
}
