import { expect, test } from 'vitest'
import { LoadedVersions } from '../../src/functions/loaded-versions.ts'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'

/** Says in which isolate it ran, and how many events were under way there at most. */
const SOURCE = `
  const isolate = Math.random()
  let running = 0
  let most = 0
  exports.handler = async ({ ms = 0 }) => {
    most = Math.max(most, ++running)
    if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms))
    running--
    return { isolate, most }
  }`

interface Ran {
  readonly isolate: number
  readonly most: number
}

/** An isolate of the data plane by whose clock no event takes any time. */
async function lineUp(): Promise<Isolate> {
  const weir = await lambdaHarness()
  await deploy(weir, 'lined-up', SOURCE, { Timeout: 60 })
  const now = Date.now()
  const { loader } = isolateOf(weir)
  const versions = new LoadedVersions({ loader, clock: () => now, random: () => 0, defer: () => {} })
  const isolate = isolateOf(weir, {}, { versions })
  for (let i = 0; i < 24; i++) await isolate.valueOf('lined-up')
  return isolate
}

const isolatesOf = (ran: readonly Ran[]): number => new Set(ran.map(({ isolate }) => isolate)).size

test('short events that are sent at once take turns in one isolate', async () => {
  const isolate = await lineUp()
  const ran = await Promise.all(Array.from({ length: 16 }, () => isolate.valueOf<Ran>('lined-up')))
  expect(isolatesOf(ran)).toBe(1)
  expect(Math.max(...ran.map(({ most }) => most))).toBe(1)
})

test('an event too large for a header waits for its body and for nobody else', async () => {
  const isolate = await lineUp()
  const event = { text: 'é'.repeat(20_000) }
  const ran = await Promise.all(Array.from({ length: 16 }, () => isolate.valueOf<Ran>('lined-up', event)))
  expect(isolatesOf(ran)).toBe(1)
  expect(Math.max(...ran.map(({ most }) => most))).toBe(1)
})

test('behind an event that waits for something nobody waits: it alone has its isolate', async () => {
  const isolate = await lineUp()
  const events = Array.from({ length: 16 }, (_, i) => ({ ms: i === 3 || i === 9 ? 300 : 0 }))
  const ends: number[] = []
  const ran = await Promise.all(
    events.map(async (event, i) => {
      const result = await isolate.valueOf<Ran>('lined-up', event)
      ends.push(i)
      return result
    }),
  )
  expect(Math.max(...ran.map(({ most }) => most))).toBe(1)
  expect(ends.slice(-2).sort()).toEqual([3, 9])
  expect(isolatesOf(ran)).toBeGreaterThan(2)
  // Whoever was turned away has made the isolate careful: calls that overlap have one each again.
  const apart = await Promise.all(Array.from({ length: 4 }, () => isolate.valueOf<Ran>('lined-up')))
  expect(isolatesOf(apart)).toBe(4)
})
