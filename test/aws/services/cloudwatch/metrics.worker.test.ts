import { CloudWatch, type MetricDatum } from '@aws-sdk/client-cloudwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../../src/records/migrate.ts'
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
        ExtendedStatistics: { p50: 2, p99: 3, tm50: 1.5 },
      },
      {
        Timestamp: at(1),
        Unit: 'Milliseconds',
        SampleCount: 4,
        Sum: 50,
        Average: 12.5,
        Minimum: 10,
        Maximum: 20,
        ExtendedStatistics: { p50: 10, p99: 10, tm50: 10 },
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
