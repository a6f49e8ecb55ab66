import { expect, onTestFinished, test, vi } from 'vitest'
import type { FeedBatch, FeedReply } from '../../../src/deployments/feed/feed-batch.ts'
import { ShiftRecorder } from '../../../src/deployments/feed/record-shifts.ts'
import type { Shift } from '../../../src/deployments/feed/shift.ts'

const SHIFT: Shift = { deployment: 'd-1', driver: 'deployments/a/g', target: 'f:live', from: '1', to: '2' }

function recording() {
  const world = { now: 0, wanted: 0, reply: { everyMs: 1_000 } as FeedReply | Error }
  const told: FeedBatch[] = []
  const recorder = new ShiftRecorder({
    clock: () => world.now,
    cycle: {
      join() {},
      wanted: () => {
        world.wanted += 1
      },
    },
    random: () => 0.25,
    newId: () => 'me',
    async tell(_, batch) {
      told.push(batch)
      if (world.reply instanceof Error) throw world.reply
      return world.reply
    },
  })
  return { world, told, recorder }
}

test('tells what it has counted in all, and nothing where nothing is new', async () => {
  const { world, told, recorder } = recording()
  await recorder.flush()
  recorder.ended(SHIFT, '1', 'ok', 12)
  recorder.ended(SHIFT, '2', 'error', 3)
  recorder.ended(SHIFT, '2', 'throttled', undefined)
  recorder.ended(SHIFT, '7', 'error', 3)
  expect(world.wanted).toBe(3)
  await recorder.flush()
  world.now += 1_000
  await recorder.flush()
  recorder.ended(SHIFT, '2', 'ok', 3)
  await recorder.flush()
  expect(told.map(({ tellings }) => tellings[0])).toMatchObject([
    { baseline: { calls: 1, errors: 0 }, canary: { calls: 1, errors: 1, throttles: 1, latency: {} } },
    { baseline: { calls: 1 }, canary: { calls: 2, errors: 1, throttles: 1 } },
  ])
})

test('speaks no more often than it is asked to, and says again what was not taken', async () => {
  const { world, told, recorder } = recording()
  world.reply = { everyMs: 5_000 }
  recorder.ended(SHIFT, '1', 'ok', 1)
  await recorder.flush()
  recorder.ended(SHIFT, '1', 'ok', 1)
  world.now += 4_999
  await recorder.flush()
  expect(told.length).toBe(1)
  world.now += 1
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warned.mockRestore())
  world.reply = new Error('the driver is away')
  await recorder.flush()
  world.now += 2_000
  world.reply = { everyMs: 1_000 }
  await recorder.flush()
  expect(told.map(({ tellings }) => tellings[0]!.baseline.calls)).toEqual([1, 2, 2])
  world.now += 2_000
  await recorder.flush()
  expect(told.length).toBe(3)
})

test('counts nothing more of a deployment that is over, whose version goes on to be drawn', async () => {
  const { world, told, recorder } = recording()
  recorder.ended(SHIFT, '1', 'ok', 1)
  world.reply = { everyMs: 1_000, over: ['d-1'] }
  await recorder.flush()
  recorder.ended(SHIFT, '1', 'ok', 1)
  world.now += 10_000
  await recorder.flush()
  expect(told.length).toBe(1)
  expect(recorder.draw(SHIFT, undefined)).toBe(0.25)
})

test('draws the old version alone once a deployment goes back', async () => {
  const { world, recorder } = recording()
  const sticky: Shift = { ...SHIFT, sticky: [{ by: 'identity' }] }
  expect(recorder.draw(sticky, { caller: { arn: 'somebody' } })).toBeLessThan(1)
  recorder.ended(SHIFT, '2', 'error', 1)
  world.reply = { everyMs: 1_000, back: ['d-1'] }
  await recorder.flush()
  expect(recorder.draw(sticky, { caller: { arn: 'somebody' } })).toBe(1)
  expect(recorder.mirrors({ ...SHIFT, mirror: 1 })).toBe(false)
  // The next deployment of the group, of which this isolate has a pointer already, and the last of this one.
  recorder.ended({ ...SHIFT, deployment: 'd-2' }, '2', 'ok', 1)
  world.reply = { everyMs: 1_000, over: ['d-1'] }
  world.now += 1_000
  await recorder.flush()
  expect(recorder.draw(sticky, undefined)).toBe(1)
})

test('has a bounded number of copies under way', () => {
  const { recorder } = recording()
  const mirrored: Shift = { ...SHIFT, mirror: 0.3 }
  const begun = Array.from({ length: 30 }, () => recorder.mirrors(mirrored)).filter(Boolean)
  expect(begun.length).toBe(20)
  recorder.mirrored(mirrored, 'ok', 1, true)
  expect(recorder.mirrors(mirrored)).toBe(true)
})
