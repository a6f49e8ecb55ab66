import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Turns } from '../../src/functions/turns.ts'

/** Calls that had the version to themselves and took so many milliseconds each. */
function alone(turns: Turns, calls: number, ms: number, from = 0): number {
  let now = from
  for (let i = 0; i < calls; i++) {
    const call = {}
    turns.lead(call, 0, now)
    turns.answered(call, now, now + ms)
    now += ms
    turns.leave(call)
  }
  return now
}

/** How many further calls may stand behind one that leads. */
function room(turns: Turns, lead: object = {}): number {
  turns.lead(lead, 0, 0)
  const joined: object[] = []
  for (let call = {}; turns.join(call, 0) !== undefined; call = {}) joined.push(call)
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
    turns.lead(first, 0, now)
    turns.join(second, now)
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
  turns.lead(first, 0, 100)
  turns.join(second, 100)
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
  turns.lead(calls[0], 7, 100)
  expect([turns.join(calls[1], 100), turns.join(calls[2], 100)]).toEqual([7, 7])
  expect(calls.map(call => turns.isBehind(call))).toEqual([false, true, true])
  turns.strand(7, 103)
  turns.leave(calls[0])
  expect([turns.isBehind(calls[1]), turns.isBehind(calls[2])]).toEqual([true, true])
  expect([turns.leave(calls[1]), turns.leave(calls[2])]).toEqual([false, false])
  expect(room(turns)).toBe(0)
})

test('a call that is long under way is billed for all of it, whatever else is answered meanwhile', () => {
  const turns = new Turns()
  const now = alone(turns, 50, 1)
  const [slow, refused] = [{}, {}]
  turns.lead(slow, 0, now)
  expect(turns.join(refused, now)).toBe(0)
  turns.refused(refused)
  // In isolates of their own.
  for (let i = 1; i < 50; i++) turns.answered({}, now + i * 100, now + i * 100 + 50)
  expect(turns.answered(slow, now, now + 5000)).toBe(now)
})

test('nobody stands behind an event that takes longer than a line may', () => {
  const turns = new Turns()
  const now = alone(turns, 50, 1)
  const [slow, early, late] = [{}, {}, {}]
  turns.lead(slow, 3, now)
  expect([turns.join(early, now + 20), turns.join(late, now + 21)]).toEqual([3, undefined])
  expect([turns.isFollowed(slow), turns.isFollowed(early), turns.isFollowed(late)]).toEqual([
    true,
    false,
    false,
  ])
  turns.answered(slow, now, now + 300)
  turns.leave(slow)
  expect(turns.join(late, now + 310)).toBe(3)
})

test('an event of which nothing is heard any more keeps no others from lining up, and has its slot', () => {
  const turns = new Turns()
  const now = alone(turns, 50, 1)
  const [before, lost, next, behind] = [{}, {}, {}, {}]
  turns.lead(before, 3, now)
  turns.join(lost, now)
  turns.answered(before, now, now + 4)
  turns.leave(before)
  turns.lead(next, 4, now + 24)
  expect(turns.join(behind, now + 24)).toBe(3)
  turns.leave(behind)
  turns.lead(next, 4, now + 25)
  expect(turns.join(behind, now + 25)).toBe(4)
  // After all.
  expect(turns.answered(lost, now, now + 9000)).toBe(now + 4)
  expect(turns.leave(lost)).toBe(true)
  expect([turns.leave(next), turns.leave(behind)]).toEqual([false, true])
})

interface Sent {
  readonly slot: number
  readonly at: number
}

/** What may happen to one call; the numbers choose which call, and how many milliseconds pass before. */
const happening = fc.record({
  what: fc.constantFrom('sent', 'sent', 'sent', 'answered', 'answered', 'cut off', 'refused', 'isolate lost'),
  which: fc.nat({ max: 20 }),
  ms: fc.constantFrom(0, 0, 1, 2, 5, 30, 1000),
})

test('whatever befalls calls, a slot is given back once and to nobody while a call is in it, and no time is billed twice', () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 80 }), happenings => {
      const turns = new Turns()
      let now = alone(turns, 50, 1)
      let slots = 0
      const sent = new Map<object, Sent>()
      const lost = new Set<number>()
      const given = new Set<number>()
      const billedUntil = new Map<number, number>()
      /** When the slot's last call was sent as its first, or one of its calls was answered. */
      const movedAt = new Map<number, number>()
      const left = (call: object, isNobodys: boolean) => {
        const { slot } = sent.get(call)!
        sent.delete(call)
        const others = [...sent.values()].some(other => other.slot === slot)
        if (lost.has(slot)) return
        expect(isNobodys).toBe(!others)
        if (!isNobodys) return
        expect(given.has(slot)).toBe(false)
        given.add(slot)
      }
      const answer = (call: object) => {
        const { slot, at } = sent.get(call)!
        const turnAt = turns.answered(call, at, now)
        expect(turnAt).toBeGreaterThanOrEqual(at)
        expect(turnAt).toBeLessThanOrEqual(now)
        if (!lost.has(slot)) expect(turnAt).toBe(Math.max(at, billedUntil.get(slot) ?? at))
        billedUntil.set(slot, now)
        movedAt.set(slot, now)
        left(call, turns.leave(call))
      }
      for (const { what, which, ms } of happenings) {
        now += ms
        // The first of each slot is the one whose turn it is.
        const firsts = [...new Map([...sent].toReversed().map(([call, { slot }]) => [slot, call])).values()]
        const first = firsts[which % firsts.length]
        const [any] = [...sent.keys()].slice(which % (sent.size || 1))
        if (what === 'sent' || !first || !any) {
          const call = {}
          const joined = turns.join(call, now)
          const slot = joined ?? slots++
          if (joined === undefined) {
            turns.lead(call, slot, now)
            movedAt.set(slot, now)
          } else {
            expect(given.has(slot) || lost.has(slot)).toBe(false)
            expect(now - movedAt.get(slot)!).toBeLessThanOrEqual(20)
            expect([turns.isBehind(call), turns.isFollowed(call)]).toEqual([true, false])
          }
          sent.set(call, { slot, at: now })
        } else if (what === 'answered') answer(first)
        else if (what === 'cut off') left(first, turns.leave(first))
        else if (what === 'refused') left(any, turns.refused(any))
        else {
          const { slot } = sent.get(first)!
          if (!lost.has(slot)) {
            turns.strand(slot, now)
            lost.add(slot)
          }
          const isNobodys = turns.leave(first)
          left(first, isNobodys)
          const behind = [...sent].filter(([, other]) => other.slot === slot).map(([call]) => call)
          expect(behind.every(call => turns.isBehind(call))).toBe(true)
        }
      }
      for (const call of [...sent.keys()]) answer(call)
      expect(new Set([...given, ...lost]).size).toBe(slots)
    }),
  )
})
