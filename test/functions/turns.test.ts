import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Turns } from '../../src/functions/turns.ts'

/** Calls that had the version to themselves and took so many milliseconds each. */
function alone(turns: Turns, calls: number, ms: number, from = 0): number {
  let now = from
  for (let i = 0; i < calls; i++) {
    const call = {}
    turns.lead(call, 0)
    turns.answered(call, now, now + ms)
    now += ms
    turns.leave(call)
  }
  return now
}

/** How many further calls may stand behind one that leads. */
function room(turns: Turns, lead: object = {}): number {
  turns.lead(lead, 0)
  const joined: object[] = []
  for (let call = {}; turns.join(call) !== undefined; call = {}) joined.push(call)
  for (const call of [...joined, lead]) turns.leave(call)
  return joined.length
}

test('calls line up only once events were found to be short, and the line begins with two', () => {
  const turns = new Turns()
  expect(room(turns)).toBe(0)
  alone(turns, 15, 1)
  expect(room(turns)).toBe(0)
  alone(turns, 1, 1, 15)
  expect(room(turns)).toBe(1)
  alone(turns, 1, 1, 16)
  expect(room(turns)).toBe(3)
  alone(turns, 20, 1, 17)
  expect(room(turns)).toBe(15)
})

test.each([
  [2, 9],
  [4, 4],
  [9, 1],
  [11, 0],
])('of events that take %d ms, %d stand behind the one under way', (ms, behind) => {
  const turns = new Turns()
  alone(turns, 10_000, ms)
  expect(room(turns)).toBe(behind)
})

test('one event that takes long shortens the line, several end it', () => {
  const turns = new Turns()
  let now = alone(turns, 200, 1)
  now = alone(turns, 1, 300, now)
  expect(room(turns)).toBe(4)
  alone(turns, 10, 300, now)
  expect(room(turns)).toBe(0)
})

test('who was refused makes the next line take twice as long to begin', () => {
  const turns = new Turns()
  let now = alone(turns, 50, 1)
  for (const needed of [32, 64, 128]) {
    const [first, second] = [{}, {}]
    turns.lead(first, 0)
    turns.join(second)
    expect(turns.refused(second)).toBe(false)
    expect(turns.leave(first)).toBe(true)
    now = alone(turns, needed - 1, 1, now)
    expect(room(turns)).toBe(0)
    now = alone(turns, 1, 1, now)
    expect(room(turns)).toBe(1)
  }
})

test('the time of a call in line begins when the one before it was answered', () => {
  const turns = new Turns()
  alone(turns, 50, 1)
  const [first, second, apart] = [{}, {}, {}]
  turns.lead(first, 0)
  turns.join(second)
  expect(turns.answered(first, 100, 103)).toBe(100)
  turns.leave(first)
  expect(turns.answered(second, 100, 105)).toBe(103)
  turns.leave(second)
  expect(turns.answered(apart, 100, 106)).toBe(100)
})

test('whoever stood behind the call that lost the isolate is known, and gives nothing back', () => {
  const turns = new Turns()
  alone(turns, 50, 1)
  const calls = [{}, {}, {}] as const
  turns.lead(calls[0], 7)
  expect([turns.join(calls[1]), turns.join(calls[2])]).toEqual([7, 7])
  expect(calls.map(call => turns.isBehind(call))).toEqual([false, true, true])
  turns.strand(7)
  turns.leave(calls[0])
  expect([turns.isBehind(calls[1]), turns.isBehind(calls[2])]).toEqual([true, true])
  expect([turns.leave(calls[1]), turns.leave(calls[2])]).toEqual([false, false])
  expect(room(turns)).toBe(0)
})

test('a slot is given back once, by the last of its line', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 60 }), choices => {
      const turns = new Turns()
      alone(turns, 50, 1)
      let slots = 0
      const taken = new Map<object, number>()
      const given = new Set<number>()
      for (const choice of choices) {
        const ending = [...taken.keys()][choice]
        if (ending) {
          const slot = taken.get(ending)!
          taken.delete(ending)
          if (turns.leave(ending)) {
            expect(given.has(slot)).toBe(false)
            given.add(slot)
            expect([...taken.values()]).not.toContain(slot)
          }
          continue
        }
        const call = {}
        const joined = turns.join(call)
        if (joined !== undefined) expect(given.has(joined)).toBe(false)
        const slot = joined ?? slots++
        if (joined === undefined) turns.lead(call, slot)
        taken.set(call, slot)
      }
      for (const [call, slot] of taken) {
        taken.delete(call)
        if (turns.leave(call)) given.add(slot)
      }
      expect(given.size).toBe(slots)
    }),
  )
})
