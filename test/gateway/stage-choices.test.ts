import { expect, test } from 'vitest'
import { compileStage } from '../../src/gateway/control/compile-stage.ts'
import type { StageRecord } from '../../src/gateway/control/rest-api-records.ts'
import { Meter } from '../../src/metering/meter.ts'
import { throttleRecord } from '../../src/metering/method-throttle.ts'
import { leaseRequest } from '../metering/lease-request.ts'

const stage = (tags?: Record<string, string>): StageRecord => ({
  deploymentId: 'd',
  createdDate: 0,
  lastUpdatedDate: 0,
  methodSettings: {},
  tracingEnabled: false,
  ...(tags && { tags }),
})

test('tags of a stage say whether its methods are let pass in an outage, and whether keys are told apart', () => {
  const compile = (tags?: Record<string, string>) => compileStage(stage(tags), { stage: 's' })
  expect(compile()).not.toHaveProperty('whenUnreachable')
  expect(compile({ 'weir:when-unreachable': 'refuse' })).not.toHaveProperty('whenUnreachable')
  expect(compile({ 'weir:when-unreachable': 'pass' })).toMatchObject({ whenUnreachable: 'pass' })
  expect(compile({ 'weir:usage-by-key': 'on' })).toMatchObject({ countsByKey: true })
})

test.each(['pass', undefined] as const)(
  "a method's meter tells isolates what its stage chose: %s",
  chosen => {
    const request = leaseRequest('i:1', { caller: 'i', waiting: 1, rtt: 1 })
    const now = Date.UTC(2026, 10, 23)
    const meter = new Meter({ usage: [], adjustments: [] }, now, 0)
    meter.configure(throttleRecord(request, { rate: 5, burst: 5, version: 1, whenUnreachable: chosen }), now)
    expect(meter.lease(request, now)).toMatchObject({ admitted: 1 })
    expect(meter.lease({ ...request, id: 'i:2' }, now).whenUnreachable).toBe(chosen)
  },
)
