import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agesOfShifted, type Shift } from '../../src/deployments/feed/shift.ts'
import type { AliasTarget, FunctionPointer } from '../../src/functions/manifest.ts'
import { resolveShifted, type ShiftingHost } from '../../src/functions/shifted-calls.ts'
import { PointerCache, type PointerReply } from '../../src/pointers/pointer-cache.ts'

const SHIFT: Shift = { deployment: 'd-1', driver: 'deployments/a/g', target: 'f:live', from: '1', to: '2' }
const DECIDED = 3_000

const pointerWith = (live: AliasTarget) =>
  ({
    schema: 1,
    name: 'f',
    uid: 'u',
    latest: 'm',
    newest: 2,
    deleted: [],
    aliases: { live },
  }) as unknown as FunctionPointer

const SHIFTED: PointerReply<FunctionPointer> = {
  generation: 1,
  doc: pointerWith({ version: '1', weights: { 2: 1 }, shift: SHIFT }),
}
const RESTORED: PointerReply<FunctionPointer> = { generation: 2, doc: pointerWith({ version: '1' }) }

/** How a reading of the pointer goes: when its object looks, when the answer comes, and whether one does. */
interface Reading {
  readonly looksAfter: number
  readonly answersAfter: number
  readonly fate: 'answers' | 'fails' | 'hangs'
}

const reading: fc.Arbitrary<Reading> = fc.record({
  looksAfter: fc.nat(800),
  answersAfter: fc.oneof(fc.nat(50), fc.nat(8_000)),
  fate: fc.constantFrom<Reading['fate']>('answers', 'answers', 'answers', 'fails', 'hangs'),
})

/** An isolate that is asked for the alias at some moments, and sleeps in between. */
async function play(gaps: readonly number[], readings: readonly Reading[], writtenAt: number) {
  let now = 0
  let reads = 0
  const waiting: { at: number; happens: () => void }[] = []
  const at = (time: number, happens: () => void) => waiting.push({ at: time, happens })
  const cache = new PointerCache<FunctionPointer>({
    clock: () => now,
    defer: () => {},
    agesOf: ({ aliases }) => agesOfShifted(Object.values(aliases)),
    read: () => {
      const { looksAfter, answersAfter, fate } = readings[reads++ % readings.length]!
      const answer = Promise.withResolvers<PointerReply<FunctionPointer>>()
      const looked = now + looksAfter
      const reply = looked >= writtenAt ? RESTORED : SHIFTED
      if (fate !== 'hangs') {
        at(looked + answersAfter, () =>
          fate === 'answers' ? answer.resolve(reply) : answer.reject(new Error('out of reach')),
        )
      }
      return answer.promise
    },
    within: (work, ms, what) =>
      Promise.race([
        work,
        new Promise<never>((_, reject) => at(now + ms, () => reject(new Error(`${what} takes too long`)))),
      ]),
  })
  // Of those that the driver has not told that it goes back; all others know it sooner.
  const shifting = { recorder: { warms: () => false, draw: () => 0 } } as unknown as ShiftingHost
  const served: { at: number; version: string }[] = []
  const call = async () => {
    const asked = now
    const pointed = await Promise.resolve(cache.get('f')).catch(() => undefined)
    const shift = pointed?.doc.aliases.live?.shift
    if (!pointed) return
    const host = { versions: { warm: async () => {} }, defer: () => {} }
    const version = shift
      ? resolveShifted(shifting, host, pointed, { qualifier: 'live' } as never, shift)!.version
      : pointed.doc.aliases.live!.version
    served.push({ at: asked, version })
  }
  let next = 0
  for (const gap of gaps) {
    next += gap
    at(next, () => void call())
  }
  while (waiting.length > 0) {
    waiting.sort((one, other) => one.at - other.at)
    const { at: time, happens } = waiting.shift()!
    now = Math.max(now, time)
    happens()
    // What follows of it, before anything else happens.
    for (let i = 0; i < 12; i += 1) await Promise.resolve()
  }
  return served
}

test('no call that starts two seconds after a roll-back was decided gets the new version, however pointers are read', async () => {
  let before = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(300), fc.nat(1_500), fc.integer({ min: 1_000, max: 2_500 })), {
        minLength: 20,
        maxLength: 80,
      }),
      fc.array(reading, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 1_000 }),
      async (gaps, readings, writing) => {
        const served = await play(gaps, readings, DECIDED + writing)
        const wrong = served.filter(({ at, version }) => at >= DECIDED + 2_000 && version === '2')
        before += served.filter(({ version }) => version === '2').length
        expect(wrong).toEqual([])
      },
    ),
    { numRuns: 1_000 },
  )
  expect(before).toBeGreaterThan(100)
})
