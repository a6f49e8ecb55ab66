import { describe, expect, it } from 'vitest'
import type { StateRecord } from '../../../src/observability/alarms/alarm.ts'
import type { AlarmChange } from '../../../src/observability/alarms/alarm-effects.ts'
import { functionEvent } from '../../../src/observability/alarms/notifications/function-event.ts'
import { topicNotification } from '../../../src/observability/alarms/notifications/topic-notification.ts'
import { ACCOUNT, compositeAlarm, metricAlarm } from './a-book.ts'

const AT = Date.UTC(2026, 10, 23, 12, 30, 2, 500)

const state = (value: StateRecord['value'], over: Partial<StateRecord> = {}): StateRecord => ({
  value,
  reason: `it is ${value}`,
  updated: AT,
  since: AT,
  ...over,
})

const changeOf = (definition: AlarmChange['definition'], over: Partial<AlarmChange> = {}): AlarmChange => ({
  definition,
  configured: AT - 1_000,
  before: state('OK', { updated: AT - 500, since: AT - 500 }),
  after: state('ALARM', { reasonData: '{"version":"1.0"}' }),
  ...over,
})

const said = (change: AlarmChange) => JSON.parse(topicNotification(ACCOUNT, change).message)

describe('a topic is told', () => {
  it('of a metric alarm as CloudWatch tells it', () => {
    const definition = metricAlarm('errors', {
      AlarmDescription: 'too many',
      Dimensions: [{ Name: 'FunctionName', Value: 'pets' }],
      DatapointsToAlarm: 2,
    })
    expect(topicNotification(ACCOUNT, changeOf(definition)).subject).toBe(
      'ALARM: "errors" in US East (N. Virginia)',
    )
    expect(said(changeOf(definition))).toEqual({
      AlarmName: 'errors',
      AlarmDescription: 'too many',
      AWSAccountId: '000000000000',
      AlarmConfigurationUpdatedTimestamp: '2026-11-23T12:30:01.500+0000',
      NewStateValue: 'ALARM',
      NewStateReason: 'it is ALARM',
      StateChangeTime: '2026-11-23T12:30:02.500+0000',
      Region: 'US East (N. Virginia)',
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors',
      OldStateValue: 'OK',
      OKActions: ['ok'],
      AlarmActions: ['alarm'],
      InsufficientDataActions: [],
      Trigger: {
        MetricName: 'Errors',
        Namespace: 'App',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [{ value: 'pets', name: 'FunctionName' }],
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 5,
        TreatMissingData: '',
        EvaluateLowSampleCountPercentile: '',
      },
    })
  })

  it('of percentiles and expressions', () => {
    const percentile = metricAlarm('slow', { Statistic: undefined, ExtendedStatistic: 'p99' })
    expect(said(changeOf(percentile)).Trigger).toMatchObject({
      StatisticType: 'ExtendedStatistic',
      ExtendedStatistic: 'p99',
    })
    const Metrics = [
      {
        Id: 'm',
        MetricStat: { Metric: { Namespace: 'App', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' },
        ReturnData: false,
      },
      { Id: 'e', Expression: 'm * 2', Label: 'twice' },
    ]
    const { Trigger } = said(changeOf(metricAlarm('math', { Metrics })))
    expect(Trigger).not.toHaveProperty('MetricName')
    expect(Trigger.Metrics).toEqual([
      {
        Id: 'm',
        MetricStat: {
          Metric: { Dimensions: [], MetricName: 'Errors', Namespace: 'App' },
          Period: 60,
          Stat: 'Sum',
        },
        ReturnData: false,
      },
      { Id: 'e', Expression: 'm * 2', Label: 'twice', ReturnData: true },
    ])
  })

  it('of a composite alarm with the alarms that made it one', () => {
    const triggeringAlarms = [{ arn: 'arn:a', state: { value: 'ALARM', timestamp: 'then' } }]
    const after = state('ALARM', { reasonData: JSON.stringify({ triggeringAlarms }) })
    const told = said(changeOf(compositeAlarm('shop', 'ALARM(a)'), { after }))
    expect(told).toMatchObject({
      AlarmName: 'shop',
      AlarmDescription: null,
      AlarmRule: 'ALARM(a)',
      TriggeringChildren: [{ Arn: 'arn:a', State: { Value: 'ALARM', Timestamp: 'then' } }],
    })
    expect(told).not.toHaveProperty('Trigger')
  })

  it.each(['null', '5', '{"triggeringAlarms":[null,7]}', '[]'])(
    'whatever a state was set by: %s',
    reasonData => {
      const change = changeOf(compositeAlarm('shop', 'TRUE'), { after: state('ALARM', { reasonData }) })
      expect(said(change).TriggeringChildren).toBeInstanceOf(Array)
    },
  )

  it('with a subject that topics take, however long the name', () => {
    const { subject } = topicNotification(ACCOUNT, changeOf(metricAlarm(`ä\n${'x'.repeat(250)}`)))
    expect(subject).toMatch(/^ALARM: "\?\?x+" in US East \(N. Virginia\)$/)
    expect(subject).toHaveLength(100)
  })
})

describe('a function is called', () => {
  it('with the event of a metric alarm', () => {
    expect(functionEvent(ACCOUNT, changeOf(metricAlarm('errors', { AlarmDescription: 'too many' })))).toEqual(
      {
        source: 'aws.cloudwatch',
        alarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors',
        accountId: '000000000000',
        time: '2026-11-23T12:30:02.500+0000',
        region: 'us-east-1',
        alarmData: {
          alarmName: 'errors',
          state: {
            value: 'ALARM',
            reason: 'it is ALARM',
            reasonData: '{"version":"1.0"}',
            timestamp: '2026-11-23T12:30:02.500+0000',
          },
          previousState: { value: 'OK', reason: 'it is OK', timestamp: '2026-11-23T12:30:02.000+0000' },
          configuration: {
            description: 'too many',
            metrics: [
              {
                id: 'm1',
                metricStat: {
                  metric: { namespace: 'App', name: 'Errors', dimensions: {} },
                  period: 60,
                  stat: 'Sum',
                },
                returnData: true,
              },
            ],
          },
        },
      },
    )
  })

  it('with the event of a composite alarm, and with what kept it waiting', () => {
    const definition = compositeAlarm('shop', 'ALARM(a)', {
      ActionsSuppressor: 'quiet',
      ActionsSuppressorWaitPeriod: 120,
      ActionsSuppressorExtensionPeriod: 180,
    })
    const { alarmData } = functionEvent(ACCOUNT, changeOf(definition, { suppressed: 'WaitPeriod' }))
    expect(alarmData).toMatchObject({
      previousState: {
        actionsSuppressedBy: 'WaitPeriod',
        actionsSuppressedReason: 'Actions suppressed by WaitPeriod',
      },
      configuration: {
        alarmRule: 'ALARM(a)',
        actionsSuppressor: 'quiet',
        actionsSuppressorWaitPeriod: 120,
        actionsSuppressorExtensionPeriod: 180,
      },
    })
  })
})
