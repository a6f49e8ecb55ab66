import { describe, expect, it } from 'vitest'
import { lineMetrics } from '../../../src/observability/logs/metric-filters/line-metrics.ts'
import type {
  MetricFilter,
  MetricTransformation,
} from '../../../src/observability/logs/metric-filters/metric-filter.ts'

const NOW = Date.UTC(2026, 10, 23, 15, 0, 0)

const filter = (pattern: string, transformation: Partial<MetricTransformation> = {}): MetricFilter => ({
  name: 'filter',
  pattern,
  transformations: [{ metric: 'Errors', namespace: 'Shop', value: '1', ...transformation }],
  created: NOW,
})

const samplesOf = (filters: readonly MetricFilter[], messages: readonly (string | object)[], at = NOW) =>
  lineMetrics(filters).samplesOf(
    [
      {
        stream: 's',
        events: messages.map(message => ({
          timestamp: at,
          message: typeof message === 'string' ? message : JSON.stringify(message),
        })),
      },
    ],
    NOW,
  )

describe('metric filters', () => {
  it('measure with each line that they find, and by default with others', () => {
    const messages = ['ERROR a', 'fine', 'ERROR b', 'fine', 'fine']
    expect(samplesOf([filter('ERROR', { unit: 'Count', defaultValue: 0 })], messages)).toEqual([
      {
        namespace: 'Shop',
        labels: {},
        dimensionSets: [[]],
        at: NOW,
        values: { Errors: { unit: 'Count', values: [1, 0], counts: [2, 3] } },
      },
    ])
    expect(samplesOf([filter('ERROR')], ['fine'])).toEqual([])
  })

  it('take values and dimensions from JSON, and leave out lines that lack one', () => {
    const by = filter('{ $.ms = * }', { value: '$.ms', dimensions: { Path: '$.path', Code: '$.code' } })
    const samples = samplesOf(
      [by],
      [
        { ms: 12, path: '/a', code: 200 },
        { ms: '3.5', path: '/a', code: 200 },
        { ms: 7, path: '/b', code: 404 },
        { ms: 9, path: '/b' },
        { ms: 'slow', path: '/a', code: 200 },
      ],
    )
    expect(
      samples.map(({ labels, dimensionSets, values }) => [labels, dimensionSets, values.Errors]),
    ).toEqual([
      [{ Path: '/a', Code: '200' }, [['Path', 'Code']], { values: [12, 3.5], counts: [1, 1] }],
      [{ Path: '/b', Code: '404' }, [['Path', 'Code']], { values: [7], counts: [1] }],
    ])
  })

  it('take values from fields with blanks between them', () => {
    const bytes = filter('[ip, ..., status=2*, bytes]', {
      value: '$bytes',
      dimensions: { Status: '$status' },
    })
    const line = '10.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET / HTTP/1.0" 200 1534'
    expect(samplesOf([bytes], [line])).toMatchObject([
      { labels: { Status: '200' }, values: { Errors: { values: [1534] } } },
    ])
  })

  it('keep the second of a line, and no metric from too long ago', () => {
    expect(samplesOf([filter('')], ['x'], NOW - 61_234)).toMatchObject([{ at: NOW - 62_000 }])
    expect(samplesOf([filter('')], ['x'], NOW - 15 * 86_400_000)).toEqual([])
  })
})

describe('metrics embedded in lines', () => {
  const line = {
    _aws: {
      Timestamp: NOW - 5,
      CloudWatchMetrics: [
        {
          Namespace: 'Shop',
          Dimensions: [['Fn'], ['Fn', 'Stage'], ['Absent'], []],
          Metrics: [
            { Name: 'Time', Unit: 'Milliseconds' },
            { Name: 'Fast', StorageResolution: 1 },
            { Name: 'Text' },
          ],
        },
      ],
    },
    Fn: 'f',
    Stage: 'prod',
    Time: [1, 2.5, 'x'],
    Fast: 3,
    Text: 'no number',
    other: { ignored: true },
  }

  it('are found with their dimensions, units and resolution', () => {
    const common = {
      namespace: 'Shop',
      labels: { Fn: 'f', Stage: 'prod' },
      dimensionSets: [['Fn'], ['Fn', 'Stage'], []],
      at: NOW - 5,
    }
    const expected = [
      { ...common, values: { Time: { unit: 'Milliseconds', values: [1, 2.5] } } },
      { ...common, highResolution: true, values: { Fast: { values: [3] } } },
    ]
    expect(samplesOf([], [line])).toEqual(expected)
    expect(samplesOf([], [`2026-11-23T15:00:00.000Z\tid\tINFO\t${JSON.stringify(line)}\n`])).toEqual(expected)
  })

  it.each([
    ['no JSON', '{"_aws": {"Timestamp": 1'],
    ['without a time', { ...line, _aws: { ...line._aws, Timestamp: 'now' } }],
    [
      'in the name of the platform',
      {
        ...line,
        _aws: {
          ...line._aws,
          CloudWatchMetrics: [{ Namespace: 'AWS/Lambda', Metrics: [{ Name: 'Fast' }] }],
        },
      },
    ],
    [
      'without a namespace',
      { ...line, _aws: { ...line._aws, CloudWatchMetrics: [{ Metrics: [{ Name: 'Time' }] }] } },
    ],
    [
      'with dimensions that are not there',
      {
        ...line,
        Fn: 5,
        _aws: {
          ...line._aws,
          CloudWatchMetrics: [{ Namespace: 'S', Dimensions: [['Fn']], Metrics: [{ Name: 'Fast' }] }],
        },
      },
    ],
    [
      'of odd shapes',
      { _aws: { Timestamp: NOW, CloudWatchMetrics: [null, 5, { Namespace: 'S', Metrics: [null, {}] }] } },
    ],
  ])('are not found in a line that is %s', (_, message) => {
    expect(samplesOf([], [message])).toEqual([])
  })
})
