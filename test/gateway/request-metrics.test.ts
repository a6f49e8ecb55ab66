import { expect, test } from 'vitest'
import type { InvocationResult } from '../../src/functions/invocation.ts'
import { apiNameDimension, type RequestMetrics } from '../../src/gateway/request-metrics.ts'
import type { StagePointer } from '../../src/gateway/snapshot.ts'
import { API_ID, answered, fakeApi, method, NOW, resource, snapshot } from './fake-gateway.ts'

const mock = method({
  integration: {
    type: 'MOCK',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 29_000,
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: [{ statusCode: '200' }],
  },
})
const api = snapshot([
  resource('/'),
  resource('/pets/{id}', { ANY: method() }),
  resource('/mock', { GET: mock }),
])

/** An API whose function takes 7 ms. */
function measured(
  pointer: Partial<StagePointer> = {},
  invoke = (): InvocationResult => answered({ statusCode: 200 }),
) {
  const noted = new Set<RequestMetrics>()
  let now = NOW
  const { send } = fakeApi({
    snapshot: api,
    pointer,
    invoke: () => {
      now += 7
      return invoke()
    },
    parts: { clock: () => now, metrics: { noted: metrics => noted.add(metrics) } },
  })
  return { send, sums: () => [...noted].flatMap(metrics => metrics.take()) }
}

test('measures requests for the API and for the stage', async () => {
  const results = [answered({ statusCode: 200 }), answered({ statusCode: 404 }), answered('"nothing"')]
  const { send, sums } = measured({}, () => results.shift()!)
  for (let i = 0; i < 3; i += 1) await send('/prod/')
  expect(sums()).toEqual([
    {
      labels: { ApiName: API_ID, Stage: 'prod' },
      dimensionSets: [['ApiName'], ['ApiName', 'Stage']],
      values: {
        Count: { unit: 'Count', values: [1], counts: [3] },
        '4XXError': { unit: 'Count', values: [0, 1], counts: [2, 1] },
        '5XXError': { unit: 'Count', values: [0, 1], counts: [2, 1] },
        Latency: { unit: 'Milliseconds', values: [7], counts: [3] },
        IntegrationLatency: { unit: 'Milliseconds', values: [7], counts: [3] },
      },
    },
  ])
  expect(sums()).toEqual([])
})

test('has no latency of an integration where none was asked, and counts what no method fits', async () => {
  const { send, sums } = measured()
  await send('/prod/mock')
  await send('/prod/nowhere')
  const [{ values }] = sums() as [ReturnType<typeof sums>[0]]
  expect(Object.keys(values)).toEqual(['Count', '4XXError', '5XXError', 'Latency'])
  expect([values.Count!.counts, values['4XXError']!.counts]).toEqual([[2], [1, 1]])
})

test('measures methods apart whose metrics are detailed', async () => {
  const { send, sums } = measured({ settings: { '~1pets~1{id}/GET': { metricsEnabled: true } } })
  await send('/prod/pets/1')
  await send('/prod/pets/2')
  await send('/prod/pets/2', { method: 'DELETE' })
  expect(
    sums().map(({ labels, dimensionSets, values }) => [labels, dimensionSets.at(-1), values.Count!.counts]),
  ).toEqual([
    [
      { ApiName: API_ID, Stage: 'prod', Method: 'GET', Resource: '/pets/{id}' },
      ['ApiName', 'Stage', 'Method', 'Resource'],
      [2],
    ],
    [{ ApiName: API_ID, Stage: 'prod' }, ['ApiName', 'Stage'], [1]],
  ])
})

test('measures what the canary serves for the stage, and apart', async () => {
  const canary = {
    percentTraffic: 100,
    deploymentId: 'dep456',
    snapshot: 'x',
    variables: {},
    useStageCache: false,
  }
  const { send, sums } = measured({ canary })
  await send('/prod/')
  expect(sums().map(({ labels, dimensionSets }) => [labels.Stage, dimensionSets])).toEqual([
    ['prod', [['ApiName'], ['ApiName', 'Stage']]],
    ['prod/Canary', [['ApiName', 'Stage']]],
  ])
})

test.each([
  ['Pets', 'Pets'],
  ['Bären & more', 'Bren & more'],
  ['犬', API_ID],
  [undefined, API_ID],
])('an API named %s is %s in its metrics', (name, dimension) => {
  expect(apiNameDimension(name, API_ID)).toBe(dimension)
})
