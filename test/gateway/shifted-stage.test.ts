import { expect, test } from 'vitest'
import type { FeedBatch, FeedReply } from '../../src/deployments/feed/feed-batch.ts'
import { ShiftRecorder } from '../../src/deployments/feed/record-shifts.ts'
import type { Shift } from '../../src/deployments/feed/shift.ts'
import { latencyBin } from '../../src/deployments/feed/version-counts.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { PreparedApi } from '../../src/gateway/prepared-api.ts'
import type { ApiPointer, StagePointer } from '../../src/gateway/snapshot.ts'
import type { Pointed } from '../../src/pointers/pointer-cache.ts'
import { memoryCache } from './cache/memory-cache.ts'
import { answered, fakeApi, functionProxy, functionUri, method, resource, snapshot } from './fake-gateway.ts'

const SHIFT: Shift = {
  deployment: 'd-1',
  driver: 'deployments/a/g',
  target: 'a1b2c3d4e5:prod',
  from: 'dep123',
  to: 'dep456',
}

const apiWith = (name: string, paths: string[]) =>
  snapshot(
    paths.map(path =>
      resource(path, { ANY: method({ integration: functionProxy({ uri: functionUri(name) }) }) }),
    ),
  )

const KEYS = { old: apiWith('old', ['/', '/pets']), new: apiWith('new', ['/']) }

/** A stage that a deployment moves, whose old deployment calls the function `old` and the new one `new`. */
function shiftedStage(
  percentTraffic: number,
  shift: Partial<Shift> = {},
  isStale = false,
  parts: { readonly stage?: Partial<StagePointer>; readonly gateway?: Partial<Gateway> } = {},
) {
  const prepared = new Map(Object.entries(KEYS).map(([key, made]) => [key, new PreparedApi(made)]))
  const world = { random: 0, now: 0, reply: { everyMs: 0 } as FeedReply, isFresh: false }
  const told: FeedBatch[] = []
  const deferred: Promise<unknown>[] = []
  const shifts = new ShiftRecorder({
    clock: () => world.now,
    cycle: { join() {}, wanted() {} },
    random: () => world.random,
    newId: () => 'an isolate',
    async tell(_, batch) {
      told.push(batch)
      return world.reply
    },
  })
  const read: string[] = []
  const api = fakeApi({
    snapshot: KEYS.old,
    pointer: {
      snapshot: 'old',
      canary: {
        percentTraffic,
        deploymentId: 'dep456',
        snapshot: 'new',
        variables: {},
        useStageCache: false,
      },
      shift: { ...SHIFT, ...shift },
      ...parts.stage,
    },
    invoke: ({ name, payload }) => {
      const { path, body } = JSON.parse(String(payload)) as { path: string; body: string | null }
      world.now += name === 'new' ? 40 : 10
      const statusCode = path === '/' ? 200 : 503
      const isDifferent = body === 'differ' && name === 'new'
      const result = answered({ statusCode, body: JSON.stringify(isDifferent ? { b: 1 } : { a: 1, body }) })
      return world.isFresh ? { ...result, usage: { memorySize: 128, billedMs: 9, isFresh: true } } : result
    },
    parts: {
      shifts,
      random: () => 0.999,
      clock: () => world.now,
      defer: work => deferred.push(work),
      ...parts.gateway,
      snapshots: {
        get: key => {
          read.push(key)
          return prepared.get(key)!
        },
      },
    },
  })
  if (isStale) {
    const gateway = api.gateway as { pointers: Gateway['pointers'] }
    const { pointers } = gateway
    gateway.pointers = { get: id => ({ ...(pointers.get(id) as Pointed<ApiPointer>), stale: true }) }
  }
  return {
    ...api,
    world,
    read,
    async telling() {
      await Promise.all(deferred)
      await shifts.flush()
      return told.at(-1)!.tellings[0]!
    },
  }
}

const names = (api: ReturnType<typeof shiftedStage>) => api.invocations.map(({ name }) => name)

test('requests are drawn for the new deployment and counted for the one that answered', async () => {
  const api = shiftedStage(30)
  api.world.random = 0.29
  await api.send('/prod/')
  await api.send('/prod/pets')
  api.world.random = 0.3
  await api.send('/prod/')
  await api.send('/prod/pets')
  expect(names(api)).toEqual(['new', 'old', 'old'])
  expect(await api.telling()).toMatchObject({
    deployment: 'd-1',
    target: 'a1b2c3d4e5:prod',
    baseline: { calls: 2, errors: 1, refused: 0 },
    // It has no /pets.
    canary: { calls: 2, errors: 0, refused: 1 },
  })
})

test('a client keeps its deployment by its cookie', async () => {
  const api = shiftedStage(50, { sticky: [{ by: 'cookie', name: 'session' }] })
  for (let i = 0; i < 20; i += 1) {
    for (const random of [0, 0.99]) {
      api.world.random = random
      await api.send('/prod/', { headers: { cookie: `session=s${i}` } })
    }
  }
  const pairs = Array.from({ length: 20 }, (_, i) => names(api).slice(2 * i, 2 * i + 2))
  expect(pairs.every(([one, other]) => one === other)).toBe(true)
  expect(new Set(pairs.flat())).toEqual(new Set(['old', 'new']))
})

test('the new deployment gets no request while it is not known whether it has to go back, or once it has', async () => {
  const stale = shiftedStage(100, {}, true)
  await stale.send('/prod/')
  expect(names(stale)).toEqual(['old'])
  const back = shiftedStage(100)
  await back.send('/prod/')
  back.world.reply = { everyMs: 0, back: ['d-1'] }
  await back.telling()
  await back.send('/prod/')
  expect(names(back)).toEqual(['new', 'old'])
})

test('the new deployment is given copies, whose answers are compared and reach nobody', async () => {
  const api = shiftedStage(0, { mirror: 1 })
  const bodies = ['same', 'differ']
  for (const body of bodies) {
    const response = await api.send('/prod/', { method: 'POST', body })
    expect(await response.json()).toEqual({ a: 1, body })
  }
  await api.telling()
  await api.send('/prod/pets')
  expect(await api.telling()).toMatchObject({
    baseline: { calls: 3, errors: 1 },
    canary: { calls: 0 },
    mirrored: { copies: { calls: 3, errors: 0, refused: 1 }, compared: 3, differed: 2 },
  })
  expect(names(api)).toEqual(['old', 'new', 'old', 'new', 'old'])
})

test('copies are not made while it is not known whether the deployment has gone back', async () => {
  const api = shiftedStage(0, { mirror: 1 }, true)
  await api.send('/prod/')
  expect(names(api)).toEqual(['old'])
})

test('what calls isolates that are new, and what the stage keeps, says nothing about latency', async () => {
  const fresh = shiftedStage(50)
  fresh.world.isFresh = true
  await fresh.send('/prod/')
  fresh.world.isFresh = false
  await fresh.send('/prod/')
  expect(await fresh.telling()).toMatchObject({ canary: { calls: 2, latency: { [latencyBin(40)]: 1 } } })

  // The canary has no cache: of what the old deployment has kept, it is asked for everything.
  const { responseCache } = memoryCache()
  const cache = { ttlSeconds: 300, requireAuthorization: false, unauthorizedStrategy: '' }
  const stage = { cache: {}, settings: { '*/*': { cache } } }
  const kept = shiftedStage(50, {}, false, { stage, gateway: { responseCache } })
  for (const random of [0.9, 0.9, 0.9, 0.1]) {
    kept.world.random = random
    await kept.send('/prod/')
    await kept.telling()
  }
  await kept.send('/prod/', { method: 'POST' })
  expect(names(kept)).toEqual(['old', 'new', 'new'])
  expect(await kept.telling()).toMatchObject({
    baseline: { calls: 1, latency: {} },
    canary: { calls: 2, latency: { [latencyBin(40)]: 1 } },
  })
})

test('the new deployment is read before its first request', async () => {
  const api = shiftedStage(10, { prewarm: 3 })
  api.world.random = 0.5
  await api.send('/prod/')
  await api.send('/prod/')
  expect(api.read).toEqual(['new', 'old', 'old'])
  expect(await api.telling()).toMatchObject({ warmed: 3 })
})
