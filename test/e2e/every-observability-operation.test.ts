import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deployments } from './every-observability-operation/deployments.ts'
import { logs } from './every-observability-operation/logs.ts'
import { metrics } from './every-observability-operation/metrics.ts'
import { EVERY_OPERATION } from './every-observability-operation/operations.ts'
import { topics } from './every-observability-operation/topics.ts'
import { traces } from './every-observability-operation/traces.ts'
import { type Endpoint, newWorld, startEndpoint, type World } from './every-observability-operation/world.ts'
import { startWeir } from './server.ts'

/**
 * One after the other, each on what those before it left behind, and each by what it changes, not by what it answers.
 */
describe('every operation', () => {
  let world: World
  let endpoint: Endpoint

  beforeAll(async () => {
    endpoint = await startEndpoint()
    world = newWorld(await startWeir({ vars: { WEIR_MINUTE_MS: '1000' } }), endpoint)
  })
  afterAll(async () => {
    endpoint.close()
    await world?.weir[Symbol.asyncDispose]()
  })

  for (const [service, steps] of Object.entries({ logs, metrics, traces, topics, deployments })) {
    describe(service, () => {
      test.each(Object.keys(steps))('%s', operation => steps[operation]!(world))
    })
  }

  test('is called and answered: none is left out', () => {
    expect(EVERY_OPERATION).toHaveLength(22 + 19 + 7 + 18 + 27)
    expect(EVERY_OPERATION.filter(operation => !world.called.has(operation))).toEqual([])
  })
})
