import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../../src/records/migrate.ts'
import { newAccount } from '../../../ask-weir.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

let client: CloudWatch
let elsewhere: CloudWatch
let arnOf: (name: string) => string

beforeAll(async () => {
  await migrate(env.DB)
  const credentials = await newAccount('dashboards')
  client = new CloudWatch({ ...clientOptions('eu-west-1'), credentials })
  elsewhere = new CloudWatch({ ...clientOptions('us-west-2'), credentials })
  arnOf = name => `arn:aws:cloudwatch::${credentials.account}:dashboard/${name}`
})

const body = (text: string) =>
  JSON.stringify({
    widgets: [{ type: 'text', x: 0, y: 0, width: 6, height: 6, properties: { markdown: text } }],
  })

const put = (name: string, text = name) =>
  client.putDashboard({ DashboardName: name, DashboardBody: body(text) })

const names = async (from: CloudWatch, DashboardNamePrefix?: string) =>
  (await from.listDashboards({ DashboardNamePrefix })).DashboardEntries!.map(entry => entry.DashboardName)

describe('a dashboard', () => {
  test('is put, read and listed in every region', async () => {
    expect((await put('shop-live')).DashboardValidationMessages).toEqual([])
    await put('shop-past')
    await put('till')
    await put('till', 'another text')
    expect(await elsewhere.getDashboard({ DashboardName: 'till' })).toMatchObject({
      DashboardName: 'till',
      DashboardArn: arnOf('till'),
      DashboardBody: body('another text'),
    })
    expect(await names(elsewhere)).toEqual(['shop-live', 'shop-past', 'till'])
    expect(await names(client, 'shop-')).toEqual(['shop-live', 'shop-past'])
    const { DashboardEntries } = await client.listDashboards({ DashboardNamePrefix: 'till' })
    expect(DashboardEntries![0]).toMatchObject({
      DashboardArn: arnOf('till'),
      Size: body('another text').length,
    })
    expect(Date.now() - DashboardEntries![0]!.LastModified!.getTime()).toBeLessThan(60_000)
  })

  test('is deleted with others, or all of them stay', async () => {
    await put('delete-1')
    await put('delete-2')
    await expect(client.deleteDashboards({ DashboardNames: ['delete-1', 'delete-0'] })).rejects.toThrow(
      'Dashboard delete-0 does not exist',
    )
    expect(await names(client, 'delete-')).toEqual(['delete-1', 'delete-2'])
    await client.deleteDashboards({ DashboardNames: ['delete-1', 'delete-2'] })
    expect(await names(client, 'delete-')).toEqual([])
    await expect(client.getDashboard({ DashboardName: 'delete-1' })).rejects.toThrow('does not exist')
  })

  test.each([
    ['no JSON', '{', 'must be a valid JSON object'],
    ['no widgets', '{}', "Should have required property 'widgets'"],
    ['a widget of no type', '{"widgets":[{"properties":{}}]}', "Should have required property 'type'"],
    [
      'a widget of another type',
      '{"widgets":[{"type":"film","properties":{}}]}',
      'Should be one of metric, text',
    ],
    [
      'a widget without properties',
      '{"widgets":[{"type":"metric"}]}',
      "Should have required property 'properties'",
    ],
  ])('is refused with %s', async (_what, DashboardBody, message) => {
    const error = await client
      .putDashboard({ DashboardName: 'refused', DashboardBody })
      .catch(reason => reason)
    expect(error.name).toBe('DashboardInvalidInputError')
    expect(error.dashboardValidationMessages[0].Message).toContain(message)
  })

  test('has tags', async () => {
    const ResourceARN = arnOf('tagged')
    await client.putDashboard({
      DashboardName: 'tagged',
      DashboardBody: body(''),
      Tags: [{ Key: 'a', Value: '1' }],
    })
    await client.tagResource({ ResourceARN, Tags: [{ Key: 'b', Value: '2' }] })
    await client.untagResource({ ResourceARN, TagKeys: ['a'] })
    expect((await client.listTagsForResource({ ResourceARN })).Tags).toEqual([{ Key: 'b', Value: '2' }])
    await expect(client.listTagsForResource({ ResourceARN: arnOf('nobody') })).rejects.toThrow(
      'does not exist',
    )
    for (const spelled of [
      ResourceARN.replace('::', ':us-east-1:'),
      ResourceARN.replace('aws', 'aws-other'),
    ]) {
      await expect(client.listTagsForResource({ ResourceARN: spelled })).rejects.toThrow('does not exist')
    }
    await expect(client.listTagsForResource({ ResourceARN: 'arn:aws:sns:::x' })).rejects.toThrow(
      'ResourceARN',
    )
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }))
    await expect(client.tagResource({ ResourceARN, Tags: many })).rejects.toThrow('at most 50 tags')
  })
})

describe('an alarm', () => {
  test('has tags', async () => {
    await client.putMetricAlarm({
      AlarmName: 'tagged',
      Namespace: 'N',
      MetricName: 'm',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Tags: [{ Key: 'a', Value: '1' }],
    })
    const [alarm] = (await client.describeAlarms({ AlarmNames: ['tagged'] })).MetricAlarms!
    const ResourceARN = alarm!.AlarmArn!
    await client.tagResource({ ResourceARN, Tags: [{ Key: 'b', Value: '2' }] })
    await client.untagResource({ ResourceARN, TagKeys: ['a'] })
    expect((await client.listTagsForResource({ ResourceARN })).Tags).toEqual([{ Key: 'b', Value: '2' }])
    await client.deleteAlarms({ AlarmNames: ['tagged'] })
  })
})
