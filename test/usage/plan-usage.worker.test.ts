/// <reference types="@cloudflare/vitest-plugin/types" />

import { expect, it } from 'vitest'
import { pricedApi } from '../billing/priced-api.ts'

const today = () => new Date().toISOString().slice(0, 10)

it('GetUsage pages what keys have used up to now, and UpdateUsage holds for the next request', async () => {
  const { client, calls, newKey, planId } = await pricedApi()
  await client.updateUsagePlan({
    usagePlanId: planId,
    patchOperations: [
      { op: 'add', path: '/quota/limit', value: '10' },
      { op: 'add', path: '/quota/period', value: 'MONTH' },
    ],
  })
  const keys = [await newKey('one'), await newKey('two'), await newKey('three')]
  const expected: Record<string, number[][]> = {}
  for (const [i, { id, value }] of keys.entries()) {
    expect(new Set(await calls(value, i + 1))).toEqual(new Set([200]))
    expected[id] = [[i + 1, 9 - i]]
  }
  const asked = { usagePlanId: planId, startDate: today(), endDate: today() }
  const first = await client.getUsage({ ...asked, limit: 2 })
  expect(Object.keys(first.items!)).toHaveLength(2)
  const second = await client.getUsage({ ...asked, limit: 2, position: first.position })
  expect(second.position).toBeUndefined()
  expect({ ...first.items, ...second.items }).toEqual(expected)

  const [{ id: keyId, value }] = keys as [(typeof keys)[0]]
  const leave = (remaining: number) =>
    client.updateUsage({
      usagePlanId: planId,
      keyId,
      patchOperations: [{ op: 'replace', path: '/remaining', value: `${remaining}` }],
    })
  expect((await leave(1)).items).toEqual({ [keyId]: [[1, 1]] })
  expect(await calls(value, 2)).toEqual([200, 429])
  expect((await client.getUsage({ ...asked, keyId })).items).toEqual({ [keyId]: [[2, 0]] })
  const other = keys[1]!
  await client.updateUsage({
    usagePlanId: planId,
    keyId: other.id,
    patchOperations: [{ op: 'replace', path: '/remaining', value: '0' }],
  })
  expect(await calls(other.value, 1)).toEqual([429])
})
