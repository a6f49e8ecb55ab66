import { expect, it } from 'vitest'
import { FlushCycle } from '../../src/lib/flush-cycle.ts'

/** A cycle in a time of its own, which says at what seconds it flushed. */
function cycleOf(longestMs?: number) {
  let now = 0
  let timers: { at: number; done: () => void }[] = []
  const flushes: number[] = []
  const cycle = new FlushCycle({
    clock: () => now,
    sleep: ms => new Promise<void>(done => timers.push({ at: now + ms, done })),
    defer: () => {},
    ...(longestMs !== undefined && { longestMs }),
  })
  cycle.join(async () => void flushes.push(now / 1_000))
  return {
    cycle,
    flushes,
    note(times = 1) {
      for (let i = 0; i < times; i += 1) cycle.wanted(now)
    },
    async pass(seconds: number) {
      const end = now + seconds * 1_000
      while (now < end) {
        now += 1_000
        const due = timers.filter(({ at }) => at <= now)
        timers = timers.filter(({ at }) => at > now)
        for (const { done } of due) done()
        await new Promise(setImmediate)
      }
    },
  }
}

it('what an isolate gathers is told a second later, once for all of it', async () => {
  const { flushes, note, pass } = cycleOf()
  note(3)
  await pass(10)
  note()
  await pass(10)
  expect(flushes).toEqual([1, 11])
})

it('little waits for more of it, but not longer than it may; much does not', async () => {
  const { flushes, note, pass } = cycleOf(5_000)
  for (let second = 0; second < 10; second += 1) {
    note()
    await pass(1)
  }
  expect(flushes).toEqual([5, 10])
  note(10_000)
  await pass(1)
  expect(flushes).toEqual([5, 10, 11])
})

it('while somebody waits for what is told, it is told after a second', async () => {
  const { cycle, flushes, note, pass } = cycleOf(5_000)
  cycle.hurry()
  for (let second = 0; second < 40; second += 1) {
    note()
    await pass(1)
  }
  expect(flushes).toEqual([...Array.from({ length: 29 }, (_, i) => i + 1), 34, 39])
})

it('what was told at once is not told again by those who waited', async () => {
  const { cycle, flushes, note, pass } = cycleOf(5_000)
  note()
  await pass(2)
  cycle.overdue()
  await pass(1)
  note()
  await pass(20)
  expect(flushes).toEqual([2, 8])
})
