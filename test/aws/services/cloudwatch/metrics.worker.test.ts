import { CloudWatch, type MetricDatum } from '@aws-sdk/client-cloudwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../../src/records/migrate.ts'
import { writePageMarker } from '../../../../src/records/page-marker.ts'
import { newAccount } from '../../../ask-weir.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

let client: CloudWatch
const MINUTE = 60_000
/** A whole hour, some hours ago. */
const BEGIN = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000
const at = (minute: number, second = 0) => new Date(BEGIN + minute * MINUTE + second * 1000)

beforeAll(async () => {
  await migrate(env.DB)
  const credentials = await newAccount('metrics')
  client = new CloudWatch({ ...clientOptions('eu-west-1'), credentials })
})

const put = (Namespace: string, ...MetricData: MetricDatum[]) =>
  client.putMetricData({ Namespace, MetricData })
const shop = [{ Name: 'Shop', Value: 'pets' }]

describe('what was measured', () => {
  test('adds up in periods, in every statistic', async () => {
    await put(
      'Adds',
      ...[4, 1, 3, 2].map((Value, i) => ({
        MetricName: 'Latency',
        Dimensions: shop,
        Timestamp: at(0, i * 10),
        Value,
        Unit: 'Milliseconds' as const,
      })),
      {
        MetricName: 'Latency',
        Dimensions: shop,
        Timestamp: at(1),
        Values: [10, 20],
        Counts: [3, 1],
        Unit: 'Milliseconds',
      },
    )
    const { Label, Datapoints } = await client.getMetricStatistics({
      Namespace: 'Adds',
      MetricName: 'Latency',
      Dimensions: shop,
      StartTime: at(0),
      EndTime: at(5),
      Period: 60,
      Statistics: ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'],
      ExtendedStatistics: ['p50', 'p99', 'tm50'],
    })
    expect(Label).toBe('Latency')
    expect(Datapoints).toEqual([
      {
        Timestamp: at(0),
        Unit: 'Milliseconds',
        SampleCount: 4,
        Sum: 10,
        Average: 2.5,
        Minimum: 1,
        Maximum: 4,
        ExtendedStatistics: { p50: 2, p99: 4, tm50: 1.5 },
      },
      {
        Timestamp: at(1),
        Unit: 'Milliseconds',
        SampleCount: 4,
        Sum: 50,
        Average: 12.5,
        Minimum: 10,
        Maximum: 20,
        ExtendedStatistics: { p50: 10, p99: 20, tm50: 10 },
      },
    ])
  })

  test('is listed by namespace, name and dimensions', async () => {
    await put(
      'Lists',
      { MetricName: 'a', Dimensions: shop, Value: 1 },
      { MetricName: 'a', Dimensions: [...shop, { Name: 'Till', Value: '7' }], Value: 1 },
      { MetricName: 'b', Value: 1 },
    )
    const list = async (filter: object) =>
      (await client.listMetrics({ Namespace: 'Lists', ...filter })).Metrics!.map(
        ({ MetricName, Dimensions }) => [MetricName, ...Dimensions!.map(each => each.Name)].join(' '),
      )
    expect((await list({})).sort()).toEqual(['a Shop', 'a Shop Till', 'b'])
    expect(await list({ MetricName: 'b', RecentlyActive: 'PT3H' })).toEqual(['b'])
    expect(await list({ Dimensions: [{ Name: 'Till' }] })).toEqual(['a Shop Till'])
    expect(await list({ Dimensions: [{ Name: 'Shop', Value: 'toys' }] })).toEqual([])
  })
})

describe('metric data', () => {
  const stat = (MetricName: string, Dimensions = shop) => ({
    Metric: { Namespace: 'Data', MetricName, Dimensions },
    Period: 60,
    Stat: 'Sum',
  })
  const range = { StartTime: at(0), EndTime: at(4) }

  beforeAll(async () => {
    const data = (MetricName: string, values: readonly number[], Value: string) =>
      values.map((value, i) => ({
        MetricName,
        Dimensions: [{ Name: 'Shop', Value }],
        Timestamp: at(i),
        Value: value,
      }))
    await put('Data', ...data('Calls', [10, 20, 40], 'pets'), ...data('Errors', [1, 2, 3], 'pets'))
    await put('Data', ...data('Calls', [1, 1, 1], 'toys'), {
      MetricName: 'Calls',
      Timestamp: at(0),
      Value: 99,
    })
  })

  test('is told with what math makes of it', async () => {
    const { MetricDataResults } = await client.getMetricData({
      ...range,
      MetricDataQueries: [
        { Id: 'calls', MetricStat: stat('Calls'), ReturnData: false },
        { Id: 'errors', MetricStat: stat('Errors') },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a dynamic label
        { Id: 'rate', Expression: '100 * errors / calls', Label: 'up to ${MAX} %' },
      ],
      ScanBy: 'TimestampAscending',
    })
    const Timestamps = [at(0), at(1), at(2)]
    expect(MetricDataResults).toEqual([
      { Id: 'errors', Label: 'Errors', Timestamps, Values: [1, 2, 3], StatusCode: 'Complete' },
      { Id: 'rate', Label: 'up to 10 %', Timestamps, Values: [10, 10, 7.5], StatusCode: 'Complete' },
    ])
  })

  test('has no page before the first', async () => {
    const NextToken = writePageMarker('metric data', '-1', '0')
    const MetricDataQueries = [{ Id: 'a', MetricStat: stat('Calls') }]
    await expect(client.getMetricData({ ...range, MetricDataQueries, NextToken })).rejects.toThrow(
      'NextToken is invalid',
    )
  })

  test('comes newest first, in pages', async () => {
    const pages: unknown[] = []
    let NextToken: string | undefined
    do {
      const page = await client.getMetricData({
        ...range,
        MetricDataQueries: [
          { Id: 'a', MetricStat: stat('Calls') },
          { Id: 'b', MetricStat: stat('Errors') },
        ],
        MaxDatapoints: 2,
        NextToken,
      })
      pages.push(page.MetricDataResults!.map(({ Id, Values, StatusCode }) => [Id, StatusCode, ...Values!]))
      NextToken = page.NextToken
    } while (NextToken)
    expect(pages).toEqual([
      [['a', 'PartialData', 40, 20]],
      [
        ['a', 'Complete', 10],
        ['b', 'PartialData', 3],
      ],
      [['b', 'Complete', 2, 1]],
    ])
  })

  test('is found by a search', async () => {
    const search = async (Expression: string) => {
      const { MetricDataResults } = await client.getMetricData({
        ...range,
        MetricDataQueries: [{ Id: 'e', Expression }],
        ScanBy: 'TimestampAscending',
      })
      return MetricDataResults!.map(({ Label, Values }) => [Label, ...Values!])
    }
    expect(await search("SEARCH('{Data,Shop} MetricName=\"Calls\"', 'Sum', 60)")).toEqual([
      ['pets Calls', 10, 20, 40],
      ['toys Calls', 1, 1, 1],
    ])
    expect(await search("SUM(SEARCH('{Data,Shop} calls NOT Shop=pets', 'Sum', 60))")).toEqual([
      ['e', 1, 1, 1],
    ])
    expect(await search("SEARCH('{Data} Calls', 'Maximum', 300)")).toEqual([['Calls', 99]])
  })

  test('is refused where a query is wrong', async () => {
    const ask = (...MetricDataQueries: object[]) =>
      client.getMetricData({ ...range, MetricDataQueries: MetricDataQueries as never }).then(
        () => 'answered',
        (error: Error) => `${error.name}: ${error.message}`,
      )
    expect(await ask({ Id: 'e', Expression: 'm1 / 2' })).toBe(
      "ValidationException: Error in expression 'e': Undefined variable 'm1'",
    )
    expect(await ask({ Id: 'M', Expression: '1' })).toContain('parameter MetricDataQueries.member.1.Id')
    expect(await ask({ Id: 'm', MetricStat: { ...stat('Calls'), Stat: 'p101' } })).toContain('p101')
    expect(await ask({ Id: 'm', MetricStat: { ...stat('Calls'), Period: 61 } })).toContain('Period')
  })
})

describe('PutMetricData refuses', () => {
  const refused: [string, MetricDatum, string][] = [
    ['nothing measured', { MetricName: 'm' }, 'MissingRequiredParameterException'],
    ['two kinds of values', { MetricName: 'm', Value: 1, Values: [1] }, 'InvalidParameterCombination'],
    ['more counts than values', { MetricName: 'm', Values: [1], Counts: [1, 2] }, 'InvalidParameterValue'],
    ['what is no number', { MetricName: 'm', Value: Number.NaN }, 'InvalidParameterValue'],
    ['what has no end', { MetricName: 'm', Values: [1, Number.NEGATIVE_INFINITY] }, 'InvalidParameterValue'],
    ['a number too large', { MetricName: 'm', Value: 2 ** 361 }, 'InvalidParameterValue'],
    [
      'three weeks ago',
      { MetricName: 'm', Value: 1, Timestamp: new Date(BEGIN - 21 * 86_400_000) },
      'InvalidParameterValue',
    ],
    [
      'tomorrow',
      { MetricName: 'm', Value: 1, Timestamp: new Date(BEGIN + 86_400_000) },
      'InvalidParameterValue',
    ],
    [
      'a resolution of ten seconds',
      { MetricName: 'm', Value: 1, StorageResolution: 10 },
      'InvalidParameterValue',
    ],
  ]
  test.each(refused)('%s', async (_name, datum, code) => {
    await expect(put('Refused', datum)).rejects.toThrow(
      expect.objectContaining({ name: expect.stringContaining(code) }),
    )
  })

  test('numbers that are none by the name of their parameter', async () => {
    await expect(put('Refused', { MetricName: 'm', Values: [1, Number.NaN] })).rejects.toThrow(
      'The value NaN for parameter MetricData.member.1.Values.member.2 is invalid.',
    )
  })

  test("AWS's own namespaces", async () => {
    await expect(put('AWS/Lambda', { MetricName: 'm', Value: 1 })).rejects.toThrow(
      'The value AWS/ for parameter Namespace is invalid.',
    )
  })
})
