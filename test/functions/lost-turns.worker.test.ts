import { expect, test } from 'vitest'
import type { Answered } from '../../src/functions/invocation.ts'
import type { LoadedVersion, VersionLoader } from '../../src/functions/load-version.ts'
import { LoadedVersions } from '../../src/functions/loaded-versions.ts'
import type { Manifest } from '../../src/functions/manifest.ts'
import type { NotRun } from '../../src/functions/run-version.ts'
import { OUTCOME_HEADER } from '../../src/functions/runtime/shim-manifest.ts'
import { SlotLogs } from '../../src/functions/slot-logs.ts'
import { Slots } from '../../src/functions/slots.ts'
import { Turns } from '../../src/functions/turns.ts'
import { lambdaHarness } from '../aws/services/lambda/lambda-harness.ts'

type Ended = Answered | NotRun

const TIMEOUT_MS = 60

/** What an isolate does with an event before it ends. */
type Doing = (signal: AbortSignal) => Promise<void>

/** A version whose events are known to be short, over isolates that say what they have to. */
async function linedUp() {
  const { account } = await lambdaHarness()
  const manifest = { account, name: 'f', version: '1', timeout: TIMEOUT_MS / 1000, memorySize: 128 }
  const version: LoadedVersion = {
    manifest: manifest as Manifest,
    shared: false,
    slots: new Slots(),
    turns: new Turns(),
    loaderId: 'f',
    loaded: new Set(),
    answered: new Map(),
    logs: new SlotLogs(manifest as Manifest, () => 0),
    failedLoads: new Map(),
    overdue: new Map(),
  }
  let hold: Doing = async () => {}
  const ran: { slot: number }[] = []
  const entrypointOf = (slot: number) => ({
    async fetch(_: string, { signal }: { signal: AbortSignal }) {
      ran.push({ slot })
      await hold(signal)
      return new Response(null, { headers: { [OUTCOME_HEADER]: 'ok\tnull' } })
    },
  })
  const loader = {
    version: () => version,
    entrypoint(_: LoadedVersion, slot: number) {
      if (version.loaded.has(slot)) return entrypointOf(slot)
      return scheduler.wait(1).then(() => {
        version.loaded.add(slot)
        return entrypointOf(slot)
      })
    },
    takeFailure: () => undefined,
    drop: (_: LoadedVersion, slot: number) => version.loaded.delete(slot),
  }
  const now = Date.now()
  const versions = new LoadedVersions({
    loader: loader as unknown as VersionLoader,
    clock: () => now,
    random: () => 0,
    defer: () => {},
  })
  let calls = 0
  const call = (event: object): Promise<Ended> =>
    versions.run({ manifest: 'm', shared: false, requestId: `r-${++calls}`, payload: JSON.stringify(event) })
  for (let i = 0; i < 24; i++) await call({ before: i })
  ran.length = 0
  return {
    call,
    ran,
    version,
    during(doing: Doing) {
      hold = doing
    },
  }
}

const untilCut = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('of a line whose first event never ends that one has run out of time, and the others were not run', async () => {
  const { call, ran, during } = await linedUp()
  during(untilCut)
  const ended = await Promise.all([call({ n: 1 }), call({ n: 2 }), call({ n: 3 })])
  expect(new Set(ran.map(({ slot }) => slot)).size).toBe(1)
  expect(ended.map(({ kind }) => kind)).toEqual(['answered', 'not-run', 'not-run'])
  expect((ended[0] as Answered).payload).toContain('Task timed out')
  expect(ended.slice(1)).toMatchObject([{ reason: 'interrupted' }, { reason: 'interrupted' }])
  during(async () => {})
  const [{ slot }] = ran as [{ slot: number }]
  expect(await call({ n: 4 })).toMatchObject({ kind: 'answered', payload: 'null' })
  expect(ran.at(-1)!.slot).not.toBe(slot)
})

test('an event that runs out of time alone leaves its isolate to the next', async () => {
  const { call, ran, during } = await linedUp()
  during(untilCut)
  expect(((await call({ n: 1 })) as Answered).payload).toContain('Task timed out')
  during(async () => {})
  await call({ n: 2 })
  expect(ran[1]!.slot).toBe(ran[0]!.slot)
})

test('a line before an isolate that has to be loaded is billed for that once', async () => {
  const { call, ran, version } = await linedUp()
  // The one that is there is at something else.
  version.slots.take()
  const ended = await Promise.all([call({ n: 1 }), call({ n: 2 }), call({ n: 3 })])
  expect(new Set(ran.map(({ slot }) => slot)).size).toBe(1)
  expect(ended.map(each => (each as Answered).usage?.initMs)).toEqual([0, undefined, undefined])
})
