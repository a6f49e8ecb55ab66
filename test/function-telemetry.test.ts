import { expect, test } from 'vitest'
import { FunctionTelemetry } from '../src/function-telemetry.ts'
import type { CallLog } from '../src/functions/log-lines.ts'
import { FlushCycle } from '../src/lib/flush-cycle.ts'
import type { MetricSample } from '../src/observability/metrics/metric-sample.ts'

const account = { id: '000000000000', region: 'eu-central-1' }
const NOW = Date.UTC(2026, 10, 23, 15)

const logOf = (requestId: string, endedAt: number, stream = 's', lines = ''): CallLog => ({
  report: { requestId, version: '3', durationMs: 40, memorySize: 128, endedAt },
  lines,
  target: { group: '/aws/lambda/pets', stream },
})

/** `START r-1`, or a line of the function's. */
const shortened = (message: string): string =>
  message.replace(/^([A-Z]+) RequestId: (r-\d)[\s\S]*/, '$1 $2').trimEnd()

/** What an isolate tells; nothing comes by itself, as the cycle's second never passes. */
function isolate() {
  const written: { group: string; stream: string; messages: string[] }[] = []
  const samples: MetricSample[] = []
  const cycle = new FlushCycle({
    clock: () => NOW,
    sleep: () => new Promise(() => {}),
    defer: () => {},
  })
  const recorder = new FunctionTelemetry({
    cycle,
    clock: () => NOW,
    telemetry: {
      logs: {
        write: (_, group, { stream, events }) =>
          written.push({ group, stream, messages: events.map(({ message }) => shortened(message)) }),
      },
      metrics: { record: (_, sample) => samples.push(sample) },
    },
  })
  const of = (name = 'pets') => recorder.of(`${account.id}/${account.region}/${name}`, account, name)
  return { recorder, cycle, of, written, samples }
}

const ended = (over: Partial<Parameters<ReturnType<ReturnType<typeof isolate>['of']>['ended']>[0]> = {}) => ({
  qualifier: 'live',
  version: '3',
  failed: false,
  durationMs: 40,
  log: undefined,
  ...over,
})

test('measures calls of an alias for the function, the alias, the version that ran, and all functions', async () => {
  const { cycle, of, samples } = isolate()
  const pets = of()
  for (const failed of [false, true, false]) {
    pets.began()
    pets.ended(ended({ failed, durationMs: failed ? 7 : 40 }))
  }
  await cycle.flush()
  const calls = samples.find(({ values }) => values.Invocations)!
  expect(calls).toMatchObject({
    namespace: 'AWS/Lambda',
    labels: { FunctionName: 'pets', Resource: 'pets:live', ExecutedVersion: '3' },
    dimensionSets: [
      [],
      ['FunctionName'],
      ['FunctionName', 'Resource'],
      ['FunctionName', 'Resource', 'ExecutedVersion'],
    ],
    at: NOW,
    values: {
      Invocations: { unit: 'Count', values: [1], counts: [3] },
      Errors: { unit: 'Count', values: [0, 1], counts: [2, 1] },
      Throttles: { unit: 'Count', values: [0], counts: [3] },
      Duration: { unit: 'Milliseconds', values: [40, 7], counts: [2, 1] },
    },
  })
  samples.length = 0
  await cycle.flush()
  expect(samples).toEqual([])
})

test.each([
  [undefined, 'pets'],
  ['3', 'pets:3'],
  ['$LATEST', 'pets:$LATEST'],
])('says of a call of %s no version beside', async (qualifier, Resource) => {
  const { cycle, of, samples } = isolate()
  of().began()
  of().ended(ended({ qualifier }))
  await cycle.flush()
  const { labels, dimensionSets } = samples.find(({ values }) => values.Invocations)!
  expect(labels).toEqual({ FunctionName: 'pets', Resource })
  expect(dimensionSets).toEqual([[], ['FunctionName'], ['FunctionName', 'Resource']])
})

test('tells how many calls were under way at once, of each function and of all', async () => {
  const { cycle, of, samples } = isolate()
  const peaks = async () => {
    samples.length = 0
    await cycle.flush()
    return samples
      .filter(({ values }) => values.ConcurrentExecutions)
      .map(({ labels, values }) => [labels.FunctionName, values.ConcurrentExecutions!.values[0]])
  }
  of('a').began()
  of('a').began()
  of('b').began()
  of('a').ended(ended())
  of('a').cutOff()
  of('b').ended(ended())
  expect(await peaks()).toEqual([
    ['a', 2],
    ['b', 1],
    [undefined, 3],
  ])
  of('b').began()
  of('b').ended(ended())
  expect(await peaks()).toEqual([
    ['b', 1],
    [undefined, 1],
  ])
})

test('counts what is refused as throttled, and not as a call', async () => {
  const { cycle, of, samples } = isolate()
  of().throttled('live')
  of().throttled('live')
  await cycle.flush()
  expect(samples).toMatchObject([
    {
      labels: { FunctionName: 'pets', Resource: 'pets:live' },
      values: { Throttles: { unit: 'Count', values: [1, 1] } },
    },
  ])
})

test('measures what becomes of events', async () => {
  const { cycle, recorder, samples } = isolate()
  recorder.event({ account, name: 'pets' }, 'AsyncEventAge', 120)
  recorder.event({ account, name: 'pets' }, 'AsyncEventsReceived', 1)
  await cycle.flush()
  expect(samples).toMatchObject([
    {
      labels: { FunctionName: 'pets', Resource: 'pets' },
      values: {
        AsyncEventAge: { unit: 'Milliseconds', values: [120] },
        AsyncEventsReceived: { unit: 'Count', values: [1] },
      },
    },
  ])
})

test('writes a stream of each isolate of a function, in the order of time', async () => {
  const { cycle, of, written } = isolate()
  const one = logOf('r-1', NOW)
  const end = (log: CallLog) => {
    of().began()
    of().ended(ended({ log }))
  }
  end(one)
  end({ ...one, report: { ...one.report, requestId: 'r-0', endedAt: NOW - 100 } })
  end(logOf('r-2', NOW, 'other', 'hello\n'))
  await cycle.flush()
  expect(written.map(({ stream }) => stream)).toEqual(['s', 'other'])
  expect(written.map(({ messages }) => messages)).toEqual([
    ['START r-0', 'END r-0', 'REPORT r-0', 'START r-1', 'END r-1', 'REPORT r-1'],
    ['START r-2', 'hello', 'END r-2', 'REPORT r-2'],
  ])
})

test('does not wait with more than an isolate should hold', () => {
  const { of, written } = isolate()
  const log = logOf('r-1', NOW, 's', `${'x'.repeat(999_999)}\n`)
  for (let i = 0; i < 5; i += 1) {
    of().began()
    of().ended(ended({ log }))
  }
  expect(written).toHaveLength(1)
})
