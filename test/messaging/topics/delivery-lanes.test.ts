import { describe, expect, it } from 'vitest'
import { DeliveryLanes } from '../../../src/messaging/topics/delivery/delivery-lanes.ts'
import type { Delivery } from '../../../src/messaging/topics/delivery/parcel-tables.ts'

const delivery = (subscription: string, message: number, due = 0): Delivery => ({
  parcel: 1,
  message,
  subscription,
  failures: 0,
  due,
})

const named = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ subscription, message }) => `${subscription}${message}`)

describe('lanes', () => {
  it('take turns, each with so many under way at a time', () => {
    const lanes = new DeliveryLanes({ atOnce: 5, toOne: 2 })
    for (let message = 0; message < 4; message++) lanes.add(delivery('a', message))
    lanes.add(delivery('b', 0))
    const taken = lanes.take(0)
    expect(named(taken)).toEqual(['a0', 'b0', 'a1'])
    expect(lanes.take(0)).toEqual([])
    lanes.end(taken[0]!, false)
    expect(named(lanes.take(0))).toEqual(['a2'])
  })

  it('have so many under way altogether', () => {
    const lanes = new DeliveryLanes({ atOnce: 3, toOne: 2 })
    for (const name of 'abcd') lanes.add(delivery(name, 0))
    const taken = lanes.take(0)
    expect(named(taken)).toEqual(['a0', 'b0', 'c0'])
    lanes.end(taken[1]!, false)
    expect(named(lanes.take(0))).toEqual(['d0'])
  })

  it('give one at a time to who failed, until one succeeds', () => {
    const lanes = new DeliveryLanes({ atOnce: 9, toOne: 3 })
    for (let message = 0; message < 9; message++) lanes.add(delivery('a', message))
    const first = lanes.take(0)
    expect(first).toHaveLength(3)
    for (const each of first) lanes.end(each, true)
    const [probe, ...none] = lanes.take(0)
    expect(none).toEqual([])
    lanes.end(probe!, false)
    expect(lanes.take(0)).toHaveLength(3)
  })

  it('keep what is due later for later, and say when that is', () => {
    const lanes = new DeliveryLanes({ atOnce: 9, toOne: 3 })
    lanes.add(delivery('a', 0, 500))
    lanes.add(delivery('a', 1, 100))
    lanes.add(delivery('b', 0, 300))
    expect(lanes.take(99)).toEqual([])
    expect(lanes.nextDue).toBe(100)
    expect(named(lanes.take(300))).toEqual(['a1', 'b0'])
    expect(lanes.nextDue).toBe(500)
  })

  it('count what waits and what is under way', () => {
    const lanes = new DeliveryLanes({ atOnce: 1, toOne: 1 })
    lanes.add(delivery('a', 0))
    lanes.add(delivery('a', 1))
    const [taken] = lanes.take(0)
    expect(lanes.size).toBe(2)
    lanes.clear()
    expect(lanes.size).toBe(1)
    lanes.end(taken!, false)
    expect(lanes.size).toBe(0)
    expect(lanes.nextDue).toBeUndefined()
  })
})
