import { expect, test } from 'vitest'
import { MeterNames } from '../../src/gateway/meter-names.ts'
import { RequestIds } from '../../src/gateway/request-ids.ts'

test('makes ids of the forms that API Gateway has, and none twice', () => {
  const ids = new RequestIds()
  const seen = new Set<string>()
  for (let i = 0; i < 500; i += 1) {
    const { requestId, extendedRequestId, traceEntropy, segment } = ids.next()
    expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(extendedRequestId).toMatch(/^[A-Za-z0-9+/]{15}=$/)
    expect(atob(extendedRequestId)).toHaveLength(11)
    expect(traceEntropy).toMatch(/^[0-9a-f]{24}$/)
    expect(segment).toMatch(/^[0-9a-f]{16}$/)
    for (const id of [requestId, extendedRequestId, traceEntropy, segment]) seen.add(id)
  }
  expect(seen.size).toBe(2_000)
})

test('a key in use stays known while others come and go', async () => {
  const names = new MeterNames(4)
  const account = { id: '123456789012', region: 'us-east-1' }
  const name = await names.of(account, 'used')
  expect(name).toMatch(/^keys\/123456789012\/us-east-1\/[0-9a-f]{64}$/)
  for (let i = 0; i < 20; i += 1) {
    await names.of(account, `stranger ${i}`)
    expect(names.of(account, 'used')).toBe(name)
  }
  expect(names.of(account, 'stranger 0')).toBeInstanceOf(Promise)
})

test('one value in two accounts is two keys', async () => {
  const names = new MeterNames()
  const first = await names.of({ id: '111111111111', region: 'us-east-1' }, 'same')
  const second = await names.of({ id: '222222222222', region: 'us-east-1' }, 'same')
  expect(first).not.toBe(second)
  expect(await names.of({ id: '111111111111', region: 'us-east-1' }, 'same')).toBe(first)
})
