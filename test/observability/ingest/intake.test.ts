import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FlushCycle } from '../../../src/lib/flush-cycle.ts'
import type { Batch, Taken } from '../../../src/observability/ingest/batch.ts'
import { Intake } from '../../../src/observability/ingest/intake.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An isolate that tells an object which answers like that, one call after the other. */
function isolate(...answers: (() => Promise<Taken>)[]) {
  const told: Batch<string>[] = []
  const intake = new Intake<string>({
    cycle: new FlushCycle({
      clock: () => Date.now(),
      sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
      defer: work => void work,
    }),
    send: (_, batch) => {
      told.push(batch)
      return answers.shift()!()
    },
    newId: () => 'isolate',
    random: () => 0,
  })
  return { intake, told }
}

const taken = async () => ({ shards: 1 })
const broken = () => Promise.reject(new Error('the object moves'))
const silent = () => new Promise<never>(() => {})

it('tells again by itself what an object did not take', async () => {
  const { intake, told } = isolate(broken, broken, taken)
  intake.add('logs', 'a line', 10, Date.now())
  await vi.advanceTimersByTimeAsync(5_000)
  expect(told.map(({ number, items }) => [number, items])).toEqual([
    [1, ['a line']],
    [1, ['a line']],
    [2, ['a line']],
  ])
})

it('waits for no answer for so long that the platform would end it first', async () => {
  const { intake, told } = isolate(silent, silent, taken)
  intake.add('logs', 'a line', 10, Date.now())
  await vi.advanceTimersByTimeAsync(25_000)
  expect(told.map(({ number }) => number)).toEqual([1, 1, 2])
})
