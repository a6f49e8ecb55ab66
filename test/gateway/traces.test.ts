import { describe, expect, it } from 'vitest'
import type { Invocation, InvocationResult } from '../../src/functions/invocation.ts'
import type { StagePointer } from '../../src/gateway/snapshot.ts'
import type { SamplingRequest } from '../../src/observability/traces/sampling/sampling-rule.ts'
import type { Segment } from '../../src/observability/traces/segment.ts'
import { API_ID, answered, fakeApi, functionProxy, method, NOW, resource, snapshot } from './fake-gateway.ts'

const ROOT = '1-67891233-abcdef012345678912345678'
const PARENT = '463ac35c9f6413ad'

const api = snapshot([
  resource('/pets', { GET: method() }),
  resource('/http', {
    GET: method({ integration: functionProxy({ type: 'HTTP_PROXY', uri: 'http://back.end/x' }) }),
  }),
])

/** An API that is traced as the sampling rules have it, with a clock that goes on by 250 ms at a back end. */
function traced(pointer: Partial<StagePointer> = { tracingEnabled: true }, isSampled = true) {
  const segments: Segment[] = []
  const asked: SamplingRequest[] = []
  const invoked: Invocation[] = []
  const fetched: Headers[] = []
  let result: InvocationResult = answered({ statusCode: 200, body: 'done' })
  let now = NOW
  const fake = fakeApi({
    snapshot: api,
    pointer,
    invoke: async invocation => {
      now += 250
      invoked.push(invocation)
      return result
    },
    parts: {
      clock: () => now,
      fetch: async (_, init) => {
        now += 250
        fetched.push(new Headers(init.headers))
        return new Response('from afar', { status: 503 })
      },
      tracing: {
        sampler: {
          decide(_, request) {
            asked.push(request)
            return isSampled
          },
        },
        traces: { record: (_, segment) => segments.push(segment) },
      },
    },
  })
  return {
    ...fake,
    segments,
    asked,
    invoked,
    fetched,
    fail(next: InvocationResult) {
      result = next
    },
  }
}

const get = (headers: Record<string, string> = {}) => ({ headers })

describe('a request of a stage with tracing on', () => {
  it('is a segment with what it called, and hands itself on', async () => {
    const { send, segments, invoked, asked } = traced()
    const response = await send('/prod/pets', get({ 'user-agent': 'curl/8' }))
    expect(response.status).toBe(200)
    const [segment] = segments
    expect(segment).toMatchObject({
      origin: 'AWS::ApiGateway::Stage',
      start_time: NOW / 1000,
      end_time: (NOW + 250) / 1000,
      http: { request: { method: 'GET', user_agent: 'curl/8' }, response: { status: 200 } },
      subsegments: [{ name: 'Lambda', start_time: NOW / 1000, http: { response: { status: 200 } } }],
    })
    expect(segment!.parent_id).toBeUndefined()
    expect(segment!.name).toBe(`${API_ID}/prod`)
    const told = `Root=${segment!.trace_id};Parent=${segment!.id};Sampled=1`
    expect(invoked[0]!.traceId).toBe(told)
    expect(response.headers.get('x-amzn-trace-id')).toBe(told)
    expect(asked).toMatchObject([{ serviceType: 'AWS::ApiGateway::Stage', method: 'GET' }])
  })

  it('goes on with the trace of its client, in either form, and obeys its decision', async () => {
    const { send, segments, asked, invoked } = traced()
    await send('/prod/pets', get({ 'x-amzn-trace-id': `Root=${ROOT};Parent=${PARENT};Sampled=1` }))
    await send('/prod/pets', get({ traceparent: `00-${ROOT.slice(2).replace('-', '')}-${PARENT}-01` }))
    await send('/prod/pets', get({ 'x-amzn-trace-id': `Root=${ROOT};Sampled=0` }))
    await send('/prod/pets', get({ traceparent: `00-${ROOT.slice(2).replace('-', '')}-${PARENT}-00` }))
    expect(asked).toEqual([])
    expect(segments.map(({ trace_id, parent_id }) => [trace_id, parent_id])).toEqual([
      [ROOT, PARENT],
      [ROOT, PARENT],
    ])
    expect(invoked.map(({ traceId }) => /Sampled=./.exec(traceId!)?.[0])).toEqual([
      'Sampled=1',
      'Sampled=1',
      'Sampled=0',
      'Sampled=0',
    ])
  })

  it('tells an HTTP back end in both forms, and what it answered', async () => {
    const { send, segments, fetched } = traced()
    await send('/prod/http')
    const [segment] = segments
    expect(segment).toMatchObject({
      fault: true,
      subsegments: [
        { name: 'back.end', namespace: 'remote', fault: true, http: { response: { status: 503 } } },
      ],
    })
    expect(fetched[0]!.get('x-amzn-trace-id')).toContain(`Parent=${segment!.id};Sampled=1`)
    expect(fetched[0]!.get('traceparent')).toBe(
      `00-${segment!.trace_id.slice(2).replace('-', '')}-${segment!.id}-01`,
    )
  })

  it('says that its back end failed', async () => {
    const { send, segments, fail } = traced()
    fail({ kind: 'refused', reason: 'throttled', message: 'Rate Exceeded.' })
    await send('/prod/pets')
    expect(segments[0]).toMatchObject({
      fault: true,
      http: { response: { status: 500 } },
      subsegments: [{ throttle: true, http: { response: { status: 429 } } }],
    })
  })

  it('is told of nowhere when the rules leave it out, but names its trace', async () => {
    const { send, segments, invoked } = traced({ tracingEnabled: true }, false)
    await send('/prod/pets')
    expect(segments).toEqual([])
    expect(invoked[0]!.traceId).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/)
  })
})

it('asks nobody about requests of other stages', async () => {
  const { send, segments, asked } = traced({})
  await send('/prod/pets', get({ 'x-amzn-trace-id': `Root=${ROOT};Sampled=1` }))
  expect([segments, asked]).toEqual([[], []])
})
