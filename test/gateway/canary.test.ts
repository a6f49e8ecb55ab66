import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { PreparedApi } from '../../src/gateway/prepared-api.ts'
import type { CanaryPointer, SnapshotIntegration } from '../../src/gateway/snapshot.ts'
import { randomSource } from '../random-source.ts'
import { fakeApi, functionProxy, functionUri, method, resource, snapshot } from './fake-gateway.ts'

const mock = (body: string): SnapshotIntegration => ({
  type: 'MOCK',
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  requestTemplates: { 'application/json': '{"statusCode": 200}' },
  responses: [{ statusCode: '200', templates: { 'application/json': body } }],
})

const BODY = '$context.deploymentId $context.isCanaryRequest $stageVariables.greeting$stageVariables.more'
const apiWith = (integration: SnapshotIntegration) =>
  snapshot([resource('/', { GET: method({ integration }) })])
const KEYS = { stable: apiWith(mock(`stable: ${BODY}`)), canary: apiWith(mock(`canary: ${BODY}`)) }
const prepared = new Map<string, PreparedApi>(
  Object.entries(KEYS).map(([key, made]) => [key, new PreparedApi(made)]),
)

const canary = (percentTraffic: number): CanaryPointer => ({
  percentTraffic,
  deploymentId: 'dep456',
  snapshot: 'canary',
  variables: { greeting: 'hello', more: '!' },
  useStageCache: false,
})

function apiOf(random: () => number, percentTraffic?: number) {
  return fakeApi({
    snapshot: KEYS.stable,
    stages: { prod: { greeting: 'hi' } },
    pointer: {
      snapshot: 'stable',
      ...(percentTraffic !== undefined && { canary: canary(percentTraffic) }),
    },
    parts: { random, snapshots: { get: key => prepared.get(key)! } },
  })
}

describe('a canary', () => {
  const text = async (random: number, percent?: number) =>
    (await apiOf(() => random, percent).send('/prod/')).text()

  test('serves its own deployment with its own variables, and says so in $context', async () => {
    expect(await text(0.1, 50)).toBe('canary: dep456 true hello!')
    expect(await text(0.9, 50)).toBe('stable: dep123 false hi')
  })

  test('that a stage does not have draws nothing and is not spoken of', async () => {
    const random = vi.fn(() => 0)
    const response = await apiOf(random).send('/prod/')
    expect(await response.text()).toBe('stable: dep123  hi')
    expect(random).not.toHaveBeenCalled()
  })

  test.each([
    [0, 0, 'stable'],
    [0, 1 - 2 ** -53, 'stable'],
    [100, 0, 'canary'],
    [100, 1 - 2 ** -53, 'canary'],
    [0.5, 0.004999, 'canary'],
    [0.5, 0.005, 'stable'],
  ])('of %d % that draws %d is answered by %s', async (percent, random, by) => {
    expect(await text(random, percent)).toMatch(new RegExp(`^${by}:`))
  })

  test('reaches the URI of the function and the event', async () => {
    const integration = functionProxy({ uri: functionUri(`echo:\${stageVariables.alias}`) })
    const api = fakeApi({
      snapshot: apiWith(integration),
      stages: { prod: { alias: 'live' } },
      pointer: { canary: { ...canary(100), variables: { alias: 'next' } } },
    })
    await api.send('/prod/')
    expect(api.invocations[0]?.qualifier).toBe('next')
    expect(api.event()).toMatchObject({
      stageVariables: { alias: 'next' },
      requestContext: { stage: 'prod', deploymentId: 'dep456' },
    })
  })

  test('gets its share, whatever the seed, within what chance allows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.5, 10, 50, 99.5, 100), async (seed, percent) => {
        const requests = 2_000
        const api = apiOf(randomSource(seed), percent)
        let served = 0
        for (let i = 0; i < requests; i += 1) {
          if ((await (await api.send('/prod/')).text()).startsWith('canary')) served += 1
        }
        const share = percent / 100
        // Six standard deviations: one in 500 million runs is further off.
        const off = 6 * Math.sqrt(requests * share * (1 - share))
        expect(Math.abs(served - requests * share)).toBeLessThanOrEqual(off)
      }),
      { numRuns: 6 },
    )
  })
})
