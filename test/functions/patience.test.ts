import { expect, test } from 'vitest'
import { Patience } from '../../src/functions/patience.ts'

function watched(patience: Patience): () => number {
  let times = 0
  patience.unlessEnough(() => {
    times++
  })
  return () => times
}

test('the time is watched of a call of whose end nothing is known, or that may end too late', () => {
  expect(watched(new Patience(29_000))()).toBe(1)
  const late = new Patience(29_000)
  late.endsWithin(29_000)
  expect(watched(late)()).toBe(1)
})

test('nobody watches a call that ends in time by itself, until it begins anew', () => {
  const patience = new Patience(29_000)
  patience.endsWithin(3_000)
  const times = watched(patience)
  expect(times()).toBe(0)
  patience.beginsAnew()
  expect(times()).toBe(1)
  patience.endsWithin(3_000)
  patience.beginsAnew()
  expect(times()).toBe(1)
})
