import { describe, expect, it } from 'vitest'
import { FlushCycle } from '../../../src/lib/flush-cycle.ts'
import { collectorOf, exportTelemetry } from '../../../src/observability/export/export-telemetry.ts'
import type { Telemetry } from '../../../src/observability/telemetry.ts'

const account = { id: '111122223333', region: 'eu-central-1' }

// biome-ignore lint/suspicious/noExplicitAny: JSON as a collector reads it
type Json = any

interface Posted {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Json
}

/** A collector that gives these answers, then 200; an isolate that has exported to it. */
function exporting(answers: readonly (number | Error)[] = []) {
  let now = 1_790_000_000_000
  const cycle = new FlushCycle({ clock: () => now, sleep: async () => {}, defer: () => {} })
  const posted: Posted[] = []
  const left = [...answers]
  const kept: string[] = []
  const told: Telemetry = {
    logs: { write: () => kept.push('logs') },
    metrics: { record: () => kept.push('metrics') },
    traces: { record: () => kept.push('traces') },
  }
  const telemetry = exportTelemetry(told, {
    collector: collectorOf('https://collector.test:4318/', 'authorization=Bearer%20abc, tenant=north')!,
    cycle,
    bucketMs: 60_000,
    async fetch(url, init) {
      const answer = left.shift() ?? 200
      if (answer instanceof Error) throw answer
      posted.push({
        url,
        headers: init.headers as Record<string, string>,
        body: JSON.parse(String(init.body)),
      })
      return new Response(null, { status: answer })
    },
  })
  return {
    telemetry,
    posted,
    kept,
    pass(ms: number) {
      now += ms
    },
    flush: () => cycle.flush(),
  }
}

const segment = {
  trace_id: '1-6a000000-0123456789abcdef01234567',
  id: '00000000000000a1',
  name: 'shop/prod',
  start_time: 1_790_000_000.25,
  end_time: 1_790_000_000.5,
  fault: true,
  http: { request: { method: 'GET', url: 'https://shop.test/pets' }, response: { status: 502 } },
  annotations: { shelf: 'north' },
  cause: { exceptions: [{ message: 'no such pet' }] },
  subsegments: [
    {
      id: '00000000000000a2',
      name: 'bank.test',
      namespace: 'remote',
      start_time: 1_790_000_000.3,
      end_time: 1_790_000_000.4,
    },
  ],
}

describe('a collector', () => {
  it('is told of traces as spans, subsegments too', async () => {
    const { telemetry, posted, flush, kept } = exporting()
    telemetry.traces.record(account, segment as never)
    await flush()
    expect(kept).toEqual(['traces'])
    expect(posted.map(({ url }) => url)).toEqual(['https://collector.test:4318/v1/traces'])
    expect(posted[0]!.headers).toMatchObject({ authorization: 'Bearer abc', tenant: 'north' })
    const [{ resource, scopeSpans }] = posted[0]!.body.resourceSpans
    expect(resource.attributes).toContainEqual({
      key: 'cloud.account.id',
      value: { stringValue: account.id },
    })
    const [span, inner] = scopeSpans[0].spans
    expect(span).toMatchObject({
      traceId: '6a0000000123456789abcdef01234567',
      spanId: '00000000000000a1',
      kind: 2,
      startTimeUnixNano: '1790000000250000000',
      endTimeUnixNano: '1790000000500000000',
      status: { code: 2, message: 'no such pet' },
    })
    expect(span.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: '502' } })
    expect(span.attributes).toContainEqual({ key: 'shelf', value: { stringValue: 'north' } })
    expect(inner).toMatchObject({ parentSpanId: '00000000000000a1', name: 'bank.test', kind: 3 })
  })

  it('is told of lines with their group and stream', async () => {
    const { telemetry, posted, flush } = exporting()
    telemetry.logs.write(account, '/aws/lambda/pets', {
      stream: '2026/11/23/[1]00',
      events: [{ timestamp: 1_790_000_000_001, message: 'hello' }],
    })
    await flush()
    const [{ scopeLogs }] = posted[0]!.body.resourceLogs
    expect(scopeLogs[0].logRecords[0]).toMatchObject({
      timeUnixNano: '1790000000001000000',
      body: { stringValue: 'hello' },
    })
  })

  it('gets what was counted as sums of the time since it was told last, and what was measured as histograms', async () => {
    const { telemetry, posted, flush, pass } = exporting()
    const record = (duration: number) =>
      telemetry.metrics.record(account, {
        namespace: 'AWS/Lambda',
        labels: { FunctionName: 'pets' },
        dimensionSets: [['FunctionName']],
        at: 1_790_000_000_000,
        values: {
          Invocations: { unit: 'Count', values: [1] },
          Duration: { unit: 'Milliseconds', values: [duration] },
        },
      })
    for (const duration of [3, 30, 30, 20_000]) record(duration)
    pass(1_000)
    await flush()
    const metrics = posted[0]!.body.resourceMetrics.flatMap((each: Json) => each.scopeMetrics[0].metrics)
    const named = (name: string) => metrics.find((metric: Json) => metric.name === name)
    expect(named('Invocations').sum).toMatchObject({
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: [
        { asDouble: 4, timeUnixNano: '1790000001000000000', startTimeUnixNano: '1790000000000000000' },
      ],
    })
    const [point] = named('Duration').histogram.dataPoints
    expect(point).toMatchObject({ count: '4', sum: 20_063, min: 3, max: 20_000 })
    expect(point.bucketCounts.map(Number)).toEqual([0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect(named('Duration').unit).toBe('ms')
  })

  it('is told again what it had no time for, and not what it refused', async () => {
    const { telemetry, posted, flush } = exporting([503, new TypeError('no route'), 400])
    telemetry.traces.record(account, segment as never)
    for (let i = 0; i < 5; i++) await flush()
    // 503, then nothing came through, then 400: that is the end of it.
    expect(posted).toHaveLength(2)
    expect(posted[1]!.body).toEqual(posted[0]!.body)
  })
})

it('exports nothing where no collector was named', () => {
  expect(collectorOf(undefined, 'a=b')).toBeUndefined()
  expect(collectorOf('', undefined)).toBeUndefined()
})
