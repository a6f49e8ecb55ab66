import { expect } from 'vitest'
import { ACCOUNT, call, minutesAgo, nameOf, publish, REGION, type Steps, soon, type World } from './world.ts'

const Namespace = 'Till'
const alarmArn = (name: string) => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`

const statesOf = async ({ cloudwatch }: World): Promise<Record<string, string>> => {
  const { MetricAlarms, CompositeAlarms } = await cloudwatch.describeAlarms({
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  })
  return Object.fromEntries(
    [...MetricAlarms!, ...CompositeAlarms!].map(({ AlarmName, StateValue }) => [AlarmName!, StateValue!]),
  )
}

/** Metrics, what is drawn of them, and alarms that look at them. */
export const metrics: Steps = {
  async PutMetricData({ cloudwatch }) {
    await cloudwatch.putMetricData({
      Namespace,
      MetricData: [
        {
          MetricName: 'Sales',
          Dimensions: [{ Name: 'Shop', Value: 'north' }],
          Unit: 'Count',
          Values: [1, 2, 3],
          Counts: [1, 1, 2],
        },
        { MetricName: 'Returns', Dimensions: [{ Name: 'Shop', Value: 'north' }], Unit: 'Count', Value: 3 },
      ],
    })
  },
  async ListMetrics({ cloudwatch }) {
    const { Metrics } = await cloudwatch.listMetrics({ Namespace, MetricName: 'Sales' })
    expect(Metrics).toEqual([
      { Namespace, MetricName: 'Sales', Dimensions: [{ Name: 'Shop', Value: 'north' }] },
    ])
  },
  async GetMetricStatistics({ cloudwatch }) {
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      Namespace,
      MetricName: 'Sales',
      Dimensions: [{ Name: 'Shop', Value: 'north' }],
      StartTime: minutesAgo(10),
      EndTime: new Date(Date.now() + 60_000),
      Period: 1200,
      Statistics: ['Sum', 'SampleCount', 'Maximum'],
      Unit: 'Count',
    })
    const sum = (name: 'Sum' | 'SampleCount') => Datapoints!.reduce((total, point) => total + point[name]!, 0)
    expect([sum('Sum'), sum('SampleCount')]).toEqual([9, 4])
  },
  async GetMetricData(world) {
    // A function's own, beside those that were put; one of them is made of two others.
    await publish(
      world,
      'measured',
      'exports.handler = async ({ fail }) => { if (fail) throw new Error(); return 1 }',
    )
    for (const fail of [false, true, false, false]) await call(world, 'measured', { fail })
    const metric = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/Lambda',
          MetricName,
          Dimensions: [{ Name: 'FunctionName', Value: 'measured' }],
        },
        Period: 600,
        Stat: 'Sum',
      },
      ReturnData: false,
    })
    await soon(async () => {
      const { MetricDataResults } = await world.cloudwatch.getMetricData({
        StartTime: minutesAgo(30),
        EndTime: new Date(Date.now() + 600_000),
        MetricDataQueries: [
          metric('errors', 'Errors'),
          metric('calls', 'Invocations'),
          { Id: 'share', Expression: '100 * errors / calls', Period: 600 },
        ],
      })
      expect(MetricDataResults![0]).toMatchObject({ Id: 'share', StatusCode: 'Complete' })
      expect(MetricDataResults![0]!.Values![0]).toBe(25)
    })
  },
  async PutMetricAlarm(world) {
    await publish(
      world,
      'alarmed',
      'exports.handler = async event => console.log("ALARM " + event.alarmData.alarmName)',
    )
    await world.lambda.addPermission({
      FunctionName: 'alarmed',
      StatementId: 'alarms',
      Action: 'lambda:InvokeFunction',
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
    })
    await world.cloudwatch.putMetricAlarm({
      AlarmName: 'returns',
      AlarmActions: [`arn:aws:lambda:${REGION}:${ACCOUNT}:function:alarmed`],
      Namespace,
      MetricName: 'Returns',
      Dimensions: [{ Name: 'Shop', Value: 'north' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      Threshold: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    })
    // A minute is a second here.
    await soon(async () => {
      await world.cloudwatch.putMetricData({
        Namespace,
        MetricData: [{ MetricName: 'Returns', Dimensions: [{ Name: 'Shop', Value: 'north' }], Value: 3 }],
      })
      expect(await statesOf(world)).toEqual({ returns: 'ALARM' })
    })
    await soon(async () => {
      const { events } = await world.logs.filterLogEvents({
        logGroupName: '/aws/lambda/alarmed',
        filterPattern: '"ALARM returns"',
      })
      expect(events!.length).toBeGreaterThan(0)
    })
  },
  async DescribeAlarms({ cloudwatch }) {
    const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNamePrefix: 'ret' })
    expect(MetricAlarms).toMatchObject([
      { AlarmArn: alarmArn('returns'), Threshold: 2, DatapointsToAlarm: 1, ActionsEnabled: true },
    ])
  },
  async DescribeAlarmsForMetric({ cloudwatch }) {
    const { MetricAlarms } = await cloudwatch.describeAlarmsForMetric({
      Namespace,
      MetricName: 'Returns',
      Dimensions: [{ Name: 'Shop', Value: 'north' }],
    })
    expect(MetricAlarms!.map(({ AlarmName }) => AlarmName)).toEqual(['returns'])
  },
  async PutCompositeAlarm(world) {
    await world.cloudwatch.putCompositeAlarm({
      AlarmName: 'shop',
      AlarmRule: 'ALARM(returns) AND NOT OK("returns")',
    })
    await world.cloudwatch.setAlarmState({
      AlarmName: 'returns',
      StateValue: 'ALARM',
      StateReason: 'by hand',
    })
    await soon(async () => expect((await statesOf(world)).shop).toBeDefined())
  },
  async SetAlarmState(world) {
    await soon(async () => expect((await statesOf(world)).returns).toBe('OK'))
    await world.cloudwatch.setAlarmState({
      AlarmName: 'returns',
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'by hand',
    })
  },
  async DescribeAlarmHistory({ cloudwatch }) {
    const { AlarmHistoryItems } = await cloudwatch.describeAlarmHistory({
      AlarmName: 'returns',
      HistoryItemType: 'StateUpdate',
    })
    const summaries = AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary)
    expect(summaries).toContain('Alarm updated from OK to ALARM')
  },
  async DisableAlarmActions({ cloudwatch }) {
    await cloudwatch.disableAlarmActions({ AlarmNames: ['returns'] })
    const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: ['returns'] })
    expect(MetricAlarms![0]!.ActionsEnabled).toBe(false)
  },
  async EnableAlarmActions({ cloudwatch }) {
    await cloudwatch.enableAlarmActions({ AlarmNames: ['returns'] })
    const { MetricAlarms } = await cloudwatch.describeAlarms({ AlarmNames: ['returns'] })
    expect(MetricAlarms![0]!.ActionsEnabled).toBe(true)
  },
  async TagResource({ cloudwatch }) {
    await cloudwatch.tagResource({ ResourceARN: alarmArn('returns'), Tags: [{ Key: 'team', Value: 'shop' }] })
  },
  async ListTagsForResource({ cloudwatch }) {
    const { Tags } = await cloudwatch.listTagsForResource({ ResourceARN: alarmArn('returns') })
    expect(Tags).toEqual([{ Key: 'team', Value: 'shop' }])
  },
  async DeleteAlarms(world) {
    await world.cloudwatch.deleteAlarms({ AlarmNames: ['shop'] })
    await world.cloudwatch.deleteAlarms({ AlarmNames: ['returns'] })
    expect(await statesOf(world)).toEqual({})
  },
  async PutDashboard({ cloudwatch }) {
    const { DashboardValidationMessages = [] } = await cloudwatch.putDashboard({
      DashboardName: 'shop',
      DashboardBody: JSON.stringify({
        widgets: [{ type: 'text', x: 0, y: 0, width: 6, height: 3, properties: { markdown: '# Shop' } }],
      }),
    })
    expect(DashboardValidationMessages).toEqual([])
  },
  async GetDashboard({ cloudwatch }) {
    const { DashboardBody } = await cloudwatch.getDashboard({ DashboardName: 'shop' })
    expect(JSON.parse(DashboardBody!).widgets).toHaveLength(1)
  },
  async ListDashboards({ cloudwatch }) {
    const { DashboardEntries } = await cloudwatch.listDashboards({ DashboardNamePrefix: 'sh' })
    expect(DashboardEntries!.map(({ DashboardName }) => DashboardName)).toEqual(['shop'])
  },
  async DeleteDashboards({ cloudwatch }) {
    await cloudwatch.deleteDashboards({ DashboardNames: ['shop'] })
    expect(await nameOf(cloudwatch.getDashboard({ DashboardName: 'shop' }))).not.toBe('ok')
  },
}
