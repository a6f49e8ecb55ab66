import { describe, expect, it } from 'vitest'
import { alarmNeeds } from '../../../../src/aws/services/cloudwatch/alarm-needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const needsOf = (operation: string, input: object) =>
  alarmNeeds(input, { operation, account: '000000000000', region: 'us-east-1' } as Call<Platform>)?.map(
    ({ action, resource, context }) => ({ action, resource, ...(context && { context }) }),
  )

const arn = (name: string) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
describe('an operation on alarms asks', () => {
  it('for each alarm that it names', () => {
    expect(needsOf('DeleteAlarms', { AlarmNames: ['a', 'b'] })).toEqual([
      { action: 'cloudwatch:DeleteAlarms', resource: arn('a') },
      { action: 'cloudwatch:DeleteAlarms', resource: arn('b') },
    ])
  })

  it('for all of them where it names none', () => {
    expect(needsOf('DescribeAlarms', {})).toEqual([
      { action: 'cloudwatch:DescribeAlarms', resource: arn('*') },
    ])
  })

  it('what tags and actions it may give an alarm', () => {
    const context = { 'cloudwatch:AlarmActions': ['arn:topic'] }
    const input = { AlarmName: 'a', AlarmActions: ['arn:topic'], Tags: [{ Key: 'team', Value: 'shop' }] }
    expect(needsOf('PutMetricAlarm', input)).toEqual([
      { action: 'cloudwatch:PutMetricAlarm', resource: arn('a'), context },
      { action: 'cloudwatch:TagResource', resource: arn('a'), context },
    ])
  })

  it('nothing of this kind for what is about metrics', () => {
    expect(needsOf('PutMetricData', { Namespace: 'Shop' })).toBeUndefined()
  })
})
