import { beforeEach, describe, expect, it } from 'vitest'
import { readSeries } from '../../../../src/observability/metrics/read-series.ts'
import { failure, type LogsHarness, logsHarness, REGION } from './logs-harness.ts'

const group = { logGroupName: 'group' }
const stream = { ...group, logStreamName: 's' }
const errors = {
  ...group,
  filterName: 'errors',
  filterPattern: '{ $.level = "ERROR" }',
  metricTransformations: [
    {
      metricName: 'Errors',
      metricNamespace: 'Shop',
      metricValue: '1',
      defaultValue: 0,
      unit: 'Count' as const,
    },
  ],
}

let weir: LogsHarness

beforeEach(async () => {
  weir = await logsHarness()
  await weir.client.createLogGroup(group)
  await weir.client.createLogStream(stream)
}, 60_000)

const put = (...messages: object[]) =>
  weir.client.putLogEvents({
    ...stream,
    logEvents: messages.map(message => ({ timestamp: weir.now, message: JSON.stringify(message) })),
  })

/** One value of the minute in which lines were put. */
async function measured(metric: string, statistic: string, dimensions: Record<string, string> = {}) {
  const from = Math.floor(weir.now / 60_000) * 60_000
  const query = {
    namespace: 'Shop',
    metric,
    dimensions,
    from,
    to: from + 60_000,
    periodMs: 60_000,
    statistic,
  }
  const [points] = await readSeries(weir.env)({ id: weir.account, region: REGION }, [query])
  return points!.map(({ value }) => value)
}

describe('metric filters', () => {
  it('measure lines from when they are put until they are deleted', async () => {
    await put({ level: 'ERROR' })
    await weir.client.putMetricFilter(errors)
    await put({ level: 'ERROR' }, { level: 'INFO' }, { level: 'ERROR' })
    expect(await measured('Errors', 'Sum')).toEqual([2])
    expect(await measured('Errors', 'SampleCount')).toEqual([3])
    await weir.client.deleteMetricFilter({ ...group, filterName: 'errors' })
    await put({ level: 'ERROR' })
    expect(await measured('Errors', 'Sum')).toEqual([2])
  })

  it('measure by what lines say, and what is embedded in lines is measured without them', async () => {
    await weir.client.putMetricFilter({
      ...errors,
      filterPattern: '{ $.ms = * }',
      metricTransformations: [
        { metricName: 'Time', metricNamespace: 'Shop', metricValue: '$.ms', dimensions: { Path: '$.path' } },
      ],
    })
    const embedded = {
      _aws: {
        Timestamp: weir.now,
        CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions: [['Fn']], Metrics: [{ Name: 'Embedded' }] }],
      },
      Fn: 'f',
      Embedded: [1, 5],
    }
    await put({ ms: 10, path: '/a' }, { ms: 30, path: '/a' }, { ms: 7, path: '/b' }, embedded)
    expect(await measured('Time', 'Average', { Path: '/a' })).toEqual([20])
    expect(await measured('Time', 'Maximum', { Path: '/b' })).toEqual([7])
    expect(await measured('Embedded', 'Sum', { Fn: 'f' })).toEqual([6])
  })

  it('are described in pages, by group and prefix or by metric', async () => {
    await weir.client.createLogGroup({ logGroupName: 'another' })
    await weir.client.putMetricFilter({ ...errors, logGroupName: 'another', filterName: 'z' })
    for (const filterName of ['b2', 'a', 'b1']) await weir.client.putMetricFilter({ ...errors, filterName })
    await weir.client.putMetricFilter({
      ...errors,
      filterName: 'b1',
      filterPattern: 'ERROR',
      metricTransformations: [{ metricName: 'Other', metricNamespace: 'Shop', metricValue: '2' }],
    })
    const named = async (asked: object) => {
      const { metricFilters } = await weir.client.describeMetricFilters(asked)
      return metricFilters!.map(({ logGroupName, filterName }) => `${logGroupName}/${filterName}`)
    }
    expect(await named({ ...group, filterNamePrefix: 'b' })).toEqual(['group/b1', 'group/b2'])
    expect(await named({ metricName: 'Errors', metricNamespace: 'Shop' })).toEqual([
      'another/z',
      'group/a',
      'group/b2',
    ])
    const first = await weir.client.describeMetricFilters({ limit: 3 })
    expect(first.metricFilters).toHaveLength(3)
    const rest = await weir.client.describeMetricFilters({ limit: 3, nextToken: first.nextToken })
    expect(rest).toMatchObject({ metricFilters: [{ filterName: 'b2' }] })
    expect(rest.nextToken).toBeUndefined()
    const { metricFilters } = await weir.client.describeMetricFilters({ ...group, filterNamePrefix: 'a' })
    expect(metricFilters).toEqual([
      { ...errors, filterName: 'a', creationTime: weir.now, applyOnTransformedLogs: false },
    ])
    const { logGroups } = await weir.client.describeLogGroups({ logGroupNamePrefix: 'group' })
    expect(logGroups).toMatchObject([{ metricFilterCount: 3 }])
  })

  it('refuse what cannot be measured', async () => {
    const refused = (changes: object, transformation: object = {}) =>
      failure(
        weir.client.putMetricFilter({
          ...errors,
          ...changes,
          metricTransformations: [{ ...errors.metricTransformations[0]!, ...transformation }],
        }),
      )
    expect(await refused({ logGroupName: 'none' })).toMatch(/^ResourceNotFoundException: /)
    expect(await refused({ filterPattern: '{ $.a' })).toMatch(
      /^InvalidParameterException: Invalid filter pattern/,
    )
    expect(await refused({}, { metricNamespace: 'AWS/Lambda' })).toMatch(/must not begin with 'AWS\/'/)
    expect(await refused({}, { metricValue: 'much' })).toMatch(/neither a number nor a field/)
    expect(await refused({}, { metricValue: '$name' })).toMatch(/neither a number nor a field/)
    expect(await refused({}, { dimensions: { A: '$.a' } })).toMatch(/mutually exclusive/)
    expect(await refused({}, { dimensions: { A: 'x' }, defaultValue: undefined })).toMatch(/is not a field/)
    expect(await failure(weir.client.deleteMetricFilter({ ...group, filterName: 'none' }))).toBe(
      'ResourceNotFoundException: The specified metric filter does not exist.',
    )
    expect(await failure(weir.client.describeMetricFilters({ metricName: 'Errors' }))).toMatch(/together/)
  })

  it('have at most five regular expressions in a group', async () => {
    const at = (n: number) => ({ ...errors, filterName: `f${n}`, filterPattern: `%a${n}%` })
    for (const n of [1, 2, 3, 4, 5, 5]) await weir.client.putMetricFilter(at(n))
    expect(await failure(weir.client.putMetricFilter(at(6)))).toMatch(/^LimitExceededException: /)
    await weir.client.putMetricFilter({ ...errors, filterPattern: 'plain' })
  })
})

it('tests a pattern, and says what its fields are', async () => {
  const line = '10.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET / HTTP/1.0" 404 1534'
  const { matches } = await weir.client.testMetricFilter({
    filterPattern: '[ip, ..., status=4*, bytes]',
    logEventMessages: ['short', line],
  })
  expect(matches).toEqual([
    {
      eventNumber: 1,
      eventMessage: line,
      extractedValues: {
        $ip: '10.0.0.1',
        $2: '-',
        $3: 'frank',
        $4: '10/Oct/2000:13:25:15 -0700',
        $5: 'GET / HTTP/1.0',
        $status: '404',
        $bytes: '1534',
      },
    },
  ])
})
