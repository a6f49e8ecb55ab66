import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { CloudWatch, type PutMetricAlarmInput, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import { SNS } from '@aws-sdk/client-sns'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { alarmWatchName } from '../../../../src/observability/alarms/alarm-state.ts'
import {
  alarmStatuses,
  alarmTags,
  alarmWatch,
  changeAlarmTags,
} from '../../../../src/observability/alarms/watch-calls.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { newAccount } from '../../../ask-weir.ts'
import { provideDomParser } from '../../../dom-parser.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

const REGION = 'eu-west-3'
const MINUTE = 60_000

let client: CloudWatch
let topics: SNS
let account: { readonly id: string; readonly region: string }

beforeAll(async () => {
  provideDomParser()
  await migrate(env.DB)
  const credentials = await newAccount('alarms')
  client = new CloudWatch({ ...clientOptions(REGION), credentials })
  topics = new SNS({ ...clientOptions(REGION), credentials })
  await client.putMetricAlarm(alarm('first'))
  const arn = (await client.describeAlarms({})).MetricAlarms![0]!.AlarmArn!
  account = { id: arn.split(':')[4]!, region: REGION }
})

afterEach(async () => {
  await env.ALARM_WATCH.getByName(alarmWatchName(account)).forget()
})

const alarm = (AlarmName: string, over: Partial<PutMetricAlarmInput> = {}): PutMetricAlarmInput => ({
  AlarmName,
  Namespace: 'Shop',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  ...over,
})

const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    ({ name, message }: Error) => `${name}: ${message}`,
  )

/** Lets the object do what it is to do now. */
const ring = () => runDurableObjectAlarm(alarmWatch(env, account))

async function statesOf(...names: string[]): Promise<string[]> {
  const all = await client.describeAlarms({
    AlarmNames: names,
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  })
  return [...all.MetricAlarms!, ...all.CompositeAlarms!].map(
    ({ AlarmName, StateValue }) => `${AlarmName} ${StateValue}`,
  )
}

/** Has the object's tables say something of the history that they do not have, or has it mended. */
const renameHistory = (from: string, to: string) =>
  runInDurableObject(alarmWatch(env, account), (_, { storage }) => {
    storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`)
  })

async function historyOf(AlarmName: string): Promise<string[]> {
  const { AlarmHistoryItems } = await client.describeAlarmHistory({
    AlarmName,
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    ScanBy: 'TimestampAscending',
  })
  return AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary!)
}

describe('an alarm', () => {
  it('is looked at again after something went wrong, however often', async () => {
    await client.putMetricAlarm(alarm('stubborn', { TreatMissingData: 'notBreaching' }))
    await renameHistory('history', 'elsewhere')
    for (let i = 0; i < 8; i++) expect(await ring()).toBe(true)
    await renameHistory('elsewhere', 'history')
    expect(await ring()).toBe(true)
    expect(await statesOf('stubborn')).toEqual(['stubborn OK'])
    expect(await historyOf('stubborn')).toEqual([
      'Alarm "stubborn" created',
      'Alarm updated from INSUFFICIENT_DATA to OK',
    ])
  })

  it('is described as it was put, with what AWS adds', async () => {
    const given = alarm('errors', {
      AlarmDescription: 'too many',
      Dimensions: [{ Name: 'Shop', Value: 'pets' }],
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
      TreatMissingData: 'notBreaching',
      Unit: 'Count',
      AlarmActions: [`arn:aws:sns:${REGION}:${account.id}:told`],
      Tags: [{ Key: 'team', Value: 'shop' }],
    })
    const before = Date.now()
    await client.putMetricAlarm(given)
    const { MetricAlarms, CompositeAlarms } = await client.describeAlarms({ AlarmNames: ['errors'] })
    const { Tags: _, ...described } = given
    expect(MetricAlarms).toMatchObject([
      {
        ...described,
        AlarmArn: `arn:aws:cloudwatch:${REGION}:${account.id}:alarm:errors`,
        ActionsEnabled: true,
        OKActions: [],
        InsufficientDataActions: [],
      },
    ])
    expect(MetricAlarms![0]!.AlarmConfigurationUpdatedTimestamp!.getTime()).toBeGreaterThanOrEqual(before)
    expect(CompositeAlarms).toEqual([])
    expect(await alarmTags(env, account, 'errors')).toEqual({ team: 'shop' })
    expect(await changeAlarmTags(env, account, 'errors', { remove: ['team'], add: { a: 'b' } })).toEqual({
      a: 'b',
    })
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`tag ${i}`, '']))
    expect(await changeAlarmTags(env, account, 'errors', { add: many })).toBe('too many')
    expect(await alarmTags(env, account, 'nobody')).toBeUndefined()
  })

  it('is found by prefix, state, action, metric and kin, page by page', async () => {
    const OKActions = [`arn:aws:sns:${REGION}:${account.id}:told`]
    for (const name of ['a1', 'a2', 'a3', 'b1']) await client.putMetricAlarm(alarm(name))
    await client.putMetricAlarm(
      alarm('acting', { OKActions, Statistic: undefined, ExtendedStatistic: 'p99' }),
    )
    await client.putCompositeAlarm({ AlarmName: 'parent', AlarmRule: 'ALARM(a1) OR OK("b1")' })
    await client.setAlarmState({ AlarmName: 'a2', StateValue: 'ALARM', StateReason: 'by hand' })
    const names = async (asked: Parameters<typeof client.describeAlarms>[0]) => {
      const { MetricAlarms, CompositeAlarms } = await client.describeAlarms(asked)
      return [...MetricAlarms!, ...CompositeAlarms!].map(({ AlarmName }) => AlarmName)
    }
    expect(await names({ AlarmNamePrefix: 'a' })).toEqual(['a1', 'a2', 'a3', 'acting'])
    expect(await names({ StateValue: 'ALARM' })).toEqual(['a2'])
    expect(await names({ ActionPrefix: 'arn:aws:sns' })).toEqual(['acting'])
    expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual(['parent'])
    expect(await names({ ChildrenOfAlarmName: 'parent' })).toEqual(['a1', 'b1'])
    expect(await names({ ParentsOfAlarmName: 'b1' })).toEqual(['parent'])
    const pages: number[] = []
    for await (const { MetricAlarms } of paginateDescribeAlarms({ client, pageSize: 2 }, {})) {
      pages.push(MetricAlarms!.length)
    }
    expect(pages).toEqual([2, 2, 1])
    const onMetric = { Namespace: 'Shop', MetricName: 'Errors' }
    const found = await client.describeAlarmsForMetric({ ...onMetric, ExtendedStatistic: 'p99' })
    expect(found.MetricAlarms!.map(({ AlarmName }) => AlarmName)).toEqual(['acting'])
    expect((await client.describeAlarmsForMetric({ ...onMetric, Period: 300 })).MetricAlarms).toEqual([])
    expect(await failure(client.describeAlarms({ NextToken: 'made up' }))).toMatch(/^InvalidNextToken/)
    const both = client.describeAlarms({ AlarmNames: ['a1'], AlarmNamePrefix: 'a' })
    expect(await failure(both)).toMatch(/^InvalidParameterCombination/)
  })

  it('is refused where it makes no sense', async () => {
    const put = (over: Partial<PutMetricAlarmInput>) => failure(client.putMetricAlarm(alarm('bad', over)))
    expect(await put({ Period: 61 })).toMatch(/Period must be 10, 20, 30 or a multiple of 60/)
    expect(await put({ Period: 60, EvaluationPeriods: 1_441 })).toMatch(/more than a day .* <= 86400/)
    expect(await put({ Period: 3_600, EvaluationPeriods: 169 })).toMatch(/seven days/)
    expect(await put({ ExtendedStatistic: 'p99' })).toMatch(/^InvalidParameterCombination/)
    expect(await put({ Statistic: undefined, ExtendedStatistic: 'p101' })).toMatch(
      /^InvalidParameterValue.*p101/,
    )
    expect(await put({ Threshold: undefined })).toMatch(/^Missing.*Threshold is required/)
    expect(await put({ DatapointsToAlarm: 2 })).toMatch(/less than or equal to EvaluationPeriods/)
    expect(await put({ TreatMissingData: 'maybe' })).toMatch(/TreatMissingData must be one of/)
    expect(await put({ AlarmActions: ['nothing'] })).toMatch(/Invalid arn syntax/)
    expect(await put({ AlarmActions: ['arn:aws:sns:us-east-1:000000000000:t'] })).toMatch(
      /Invalid region us-east-1 specified. Only eu-west-3 is supported./,
    )
    expect(await put({ AlarmActions: ['arn:aws:automate:eu-west-3:ec2:recover'] })).toMatch(
      /Weir has nothing that/,
    )
    const only = { MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined }
    const query = (Id: string, Expression: string) => ({ Id, Expression, Period: 60 })
    expect(await put({ ...only, Metrics: [query('e', '1 +')] })).toMatch(
      /^Validation.*: Error in expression 'e'/,
    )
    expect(await put({ ...only, Metrics: [query('E', 'TIME_SERIES(1)')] })).toMatch(
      /The value E for parameter MetricDataQueries.member.1.Id/,
    )
    expect(
      await put({ ...only, Metrics: [query('a', 'TIME_SERIES(1)'), query('b', 'TIME_SERIES(2)')] }),
    ).toMatch(/Exactly one element/)
    expect(await put({ ...only, Metrics: [query('a', "SEARCH('{Shop} Errors', 'Sum')")] })).toMatch(
      /SEARCH is not supported here/,
    )
    const late = client.setAlarmState({ AlarmName: 'nobody', StateValue: 'OK', StateReason: '' })
    expect(await failure(late)).toMatch(/^ResourceNotFound/)
    expect(await failure(client.deleteAlarms({ AlarmNames: ['nobody'] }))).toMatch(/^ResourceNotFound/)
  })
})

describe('what an alarm does', () => {
  it('tells a topic of what was measured, and a composite alarm with it, and says what it did', async () => {
    const { TopicArn } = await topics.createTopic({ Name: 'told' })
    const nobody = `arn:aws:lambda:${REGION}:${account.id}:function:nobody`
    const Timestamp = new Date(Date.now() - 2 * MINUTE)
    const MetricData = [{ MetricName: 'Errors', Value: 9, Timestamp }]
    await client.putMetricData({ Namespace: 'Shop', MetricData })
    await client.putMetricAlarm(alarm('errors', { AlarmActions: [TopicArn!, nobody] }))
    await client.putCompositeAlarm({
      AlarmName: 'shop',
      AlarmRule: 'ALARM(errors)',
      AlarmActions: [TopicArn!],
    })
    await ring()
    expect(await statesOf('errors', 'shop')).toEqual(['errors ALARM', 'shop ALARM'])
    while (await ring()) if ((await historyOf('shop')).length >= 4) break
    expect((await historyOf('errors')).sort()).toEqual([
      'Alarm "errors" created',
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      `Failed to execute action ${nobody}. there is no ${nobody}`,
      `Successfully executed action ${TopicArn}`,
    ])
    expect((await historyOf('shop')).at(-1)).toBe(`Successfully executed action ${TopicArn}`)
    const [status] = await alarmStatuses(env, account, ['errors', 'nobody'])
    expect(status).toMatchObject({
      name: 'errors',
      state: 'ALARM',
      reason: expect.stringMatching(/^Threshold/),
    })
  })

  it('is remembered when it is no more', async () => {
    await client.putMetricAlarm(alarm('gone'))
    await client.disableAlarmActions({ AlarmNames: ['gone', 'nobody'] })
    await client.deleteAlarms({ AlarmNames: ['gone'] })
    expect(await statesOf('gone')).toEqual([])
    expect(await historyOf('gone')).toEqual([
      'Alarm "gone" created',
      'Alarm "gone" updated',
      'Alarm "gone" deleted',
    ])
    const { AlarmHistoryItems, NextToken } = await client.describeAlarmHistory({ MaxRecords: 2 })
    expect(AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "gone" deleted',
      'Alarm "gone" updated',
    ])
    const rest = await client.describeAlarmHistory({ MaxRecords: 2, NextToken })
    expect(rest.AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "gone" created',
    ])
    expect(rest.NextToken).toBeUndefined()
  })
})
