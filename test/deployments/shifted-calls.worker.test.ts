import { expect, test } from 'vitest'
import type { FeedBatch, FeedReply } from '../../src/deployments/feed/feed-batch.ts'
import { ShiftRecorder } from '../../src/deployments/feed/record-shifts.ts'
import type { StickyKey } from '../../src/deployments/release.ts'
import { aliasTarget } from '../../src/deployments/targets/alias-target.ts'
import type { Claim, Split } from '../../src/deployments/targets/target.ts'
import type { Invocation, InvocationResult } from '../../src/functions/invocation.ts'
import { deploy, isolateOf, lambdaHarness } from '../functions/function-host.ts'
import { zipOf } from '../functions/runtime/load-function.ts'

const DRIVER = 'deployments/somebody/g'
const NEW = `exports.handler = async event => {
  if (event.fails) throw new Error('the new version does not like this')
  return { version: 'new', same: event.same }
}`
const OLD = `exports.handler = async event => event.same ? { same: event.same, version: 'new' } : { version: 'old' }`

/** A function whose alias `live` goes over from version 1 to version 2, and an isolate that serves it. */
async function shifted(name: string, split: Split, claim: Partial<Claim> = {}) {
  const weir = await lambdaHarness()
  await deploy(weir, name, OLD)
  const FunctionName = name
  await weir.client.publishVersion({ FunctionName })
  await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf({ 'index.js': NEW }) })
  await weir.client.publishVersion({ FunctionName })
  await weir.client.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
  const target = aliasTarget(weir.env, weir.account, {
    type: 'alias',
    function: name,
    alias: 'live',
    target: '2',
  })
  await target.claim({ owner: 'd-1', seq: 1, driver: DRIVER, ...claim })
  await target.set({ owner: 'd-1', seq: 2 }, split)

  const told: { driver: string; batch: FeedBatch }[] = []
  const reply: { next: FeedReply } = { next: { everyMs: 0 } }
  const deferred: Promise<unknown>[] = []
  let draw = 0
  const recorder = new ShiftRecorder({
    clock: () => 0,
    cycle: { join() {}, wanted() {} },
    random: () => draw,
    newId: () => 'an isolate',
    async tell(driver, batch) {
      told.push({ driver, batch })
      return reply.next
    },
  })
  const copies: Invocation[] = []
  const isolate = isolateOf(
    weir,
    {},
    {
      defer: work => deferred.push(work),
      shifting: {
        recorder,
        copy: (invocation): Promise<InvocationResult> => {
          copies.push(invocation)
          return isolate.invoke(name, JSON.parse(String(invocation.payload)), {
            qualifier: invocation.qualifier,
          })
        },
      },
    },
  )
  return {
    copies,
    reply,
    target,
    /** From now on the pointer cannot be read any more. */
    loseTouch() {
      const { pointers } = isolate.host
      const read = pointers.get.bind(pointers)
      pointers.get = async (pointed: string) => {
        const known = await read(pointed)
        return known && { ...known, stale: true }
      }
    },
    /** The next call reads the pointer anew. */
    forget: () => isolate.host.pointers.clear(),
    draws: (number: number) => {
      draw = number
    },
    call: async (event: object = {}, more: Partial<Invocation> = {}) => {
      const result = await isolate.invoke(name, event, { qualifier: 'live', ...more })
      if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
      return result
    },
    stream: (event: object) => isolate.stream(name, event, { qualifier: 'live' }),
    async telling() {
      await Promise.all(deferred)
      await recorder.flush()
      expect(told.at(-1)?.driver).toBe(DRIVER)
      return told.at(-1)!.batch
    },
  }
}

test('calls of an alias that a deployment moves are counted for the version that served them, and told', async () => {
  const { call, stream, draws, telling } = await shifted('counted', { share: 0.3 })
  draws(0.29)
  expect((await call()).executedVersion).toBe('2')
  await call({ fails: true })
  const streamed = await stream({ fails: true })
  if (streamed.kind === 'streamed') await streamed.body.cancel()
  draws(0.3)
  expect((await call()).executedVersion).toBe('1')
  expect(await telling()).toMatchObject({
    protocol: 1,
    sender: 'an isolate',
    tellings: [
      {
        deployment: 'd-1',
        target: 'counted:live',
        baseline: { calls: 1, errors: 0 },
        canary: { calls: 3, errors: 2, throttles: 0 },
      },
    ],
  })
})

test('what loads a version, and the first calls of an isolate, say nothing about its latency', async () => {
  const { call, draws, telling } = await shifted('cold', { share: 0.5 })
  draws(0.5)
  const first = await call()
  expect(first.usage?.initMs).toBeDefined()
  for (let i = 0; i < 4; i += 1) await call()
  expect((await telling()).tellings[0]?.baseline).toMatchObject({ calls: 5, latency: {} })
  await call()
  const { latency } = (await telling()).tellings[0]!.baseline
  expect(Object.values(latency)).toEqual([1])
})

test('a caller keeps its version while the share grows, by the first of the keys that it has', async () => {
  const sticky: StickyKey[] = [
    { by: 'header', name: 'X-User' },
    { by: 'cookie', name: 'session' },
    { by: 'identity' },
  ]
  const { call, draws, target, forget } = await shifted('sticky', { share: 0.2 }, { sticky })
  const callers = Array.from({ length: 60 }, (_, i) => [
    { request: { headers: new Headers({ 'x-user': `u${i}`, cookie: 'session=all' }) } },
    { request: { headers: new Headers({ cookie: `a=b; session=s${i}` }) } },
    { caller: { arn: `arn:aws:iam::000000000000:user/${i}` } },
  ]).flat()
  const newAt = async () => {
    const got: boolean[] = []
    for (const [i, source] of callers.entries()) {
      draws((i % 7) / 7)
      got.push((await call({}, { source })).executedVersion === '2')
    }
    return got
  }
  const atFifth = await newAt()
  expect(await newAt()).toEqual(atFifth)
  const share = atFifth.filter(Boolean).length / callers.length
  expect(share).toBeGreaterThan(0.1)
  expect(share).toBeLessThan(0.3)
  await target.set({ owner: 'd-1', seq: 3 }, { share: 0.6 })
  forget()
  const atMost = await newAt()
  expect(atFifth.every((isNew, i) => !isNew || atMost[i])).toBe(true)
  expect(atMost.filter(Boolean).length).toBeGreaterThan(callers.length * 0.45)
})

test('the new version gets no call any more once its driver has said that the deployment goes back', async () => {
  const { call, draws, telling, reply } = await shifted('going-back', { share: 1 })
  draws(0.999)
  expect((await call()).executedVersion).toBe('2')
  reply.next = { everyMs: 1_000, back: ['d-1'] }
  await telling()
  expect((await call()).executedVersion).toBe('1')
})

test('the new version is given copies, whose answers are compared and reach nobody', async () => {
  const { call, draws, telling, copies } = await shifted('mirrored', { share: 0, mirror: 0.5 })
  draws(0.49)
  expect(JSON.parse((await call({ same: 1 })).payload)).toEqual({ version: 'new', same: 1 })
  expect(JSON.parse((await call()).payload)).toEqual({ version: 'old' })
  expect(JSON.parse((await call({ fails: true })).payload)).toEqual({ version: 'old' })
  draws(0.5)
  await call()
  expect(copies.map(({ qualifier }) => qualifier)).toEqual(['2', '2', '2'])
  expect((await telling()).tellings[0]).toMatchObject({
    baseline: { calls: 4, errors: 0 },
    canary: { calls: 0 },
    mirrored: { copies: { calls: 3, errors: 1 }, compared: 2, differed: 1 },
  })
})

test('an isolate that has lost touch sends the new version neither calls nor copies', async () => {
  const { call, draws, copies, target, forget, loseTouch } = await shifted('untold', { share: 0, mirror: 1 })
  draws(0)
  loseTouch()
  expect((await call()).executedVersion).toBe('1')
  expect(copies).toEqual([])
  await target.set({ owner: 'd-1', seq: 3 }, { share: 1 })
  forget()
  expect((await call()).executedVersion).toBe('1')
})

test('isolates of the new version are loaded before its first call', async () => {
  const { call, draws, telling } = await shifted('warm', { share: 0.5 }, { prewarm: 2 })
  draws(0.5)
  expect((await call()).executedVersion).toBe('1')
  expect((await telling()).tellings[0]).toMatchObject({ warmed: 2 })
  draws(0)
  const first = await call()
  expect(first.executedVersion).toBe('2')
  expect(first.usage?.initMs).toBeUndefined()
})
