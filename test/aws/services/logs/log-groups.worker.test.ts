import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type LogsHarness, logsHarness, REGION } from './logs-harness.ts'

const DAY_MS = 24 * 60 * 60_000

let weir: LogsHarness

beforeEach(async () => {
  weir = await logsHarness()
})

const namesOf = async (input: Parameters<LogsHarness['client']['describeLogGroups']>[0] = {}) =>
  (await weir.client.describeLogGroups(input)).logGroups!.map(({ logGroupName }) => logGroupName)

describe('a log group', () => {
  it('is described as CloudWatch Logs describes it', async () => {
    await weir.client.createLogGroup({ logGroupName: '/app/a', tags: { team: 'north' } })
    expect((await weir.client.describeLogGroups({})).logGroups).toEqual([
      {
        logGroupName: '/app/a',
        creationTime: weir.now,
        metricFilterCount: 0,
        arn: `${weir.arn('/app/a')}:*`,
        storedBytes: 0,
        logGroupClass: 'STANDARD',
        logGroupArn: weir.arn('/app/a'),
        deletionProtectionEnabled: false,
      },
    ])
    expect(await failure(weir.client.createLogGroup({ logGroupName: '/app/a' }))).toBe(
      'ResourceAlreadyExistsException: The specified log group already exists',
    )
  })

  it('refuses names, classes and keys that there are not', async () => {
    const refused = (input: Parameters<LogsHarness['client']['createLogGroup']>[0]) =>
      failure(weir.client.createLogGroup(input))
    expect(await refused({ logGroupName: 'aws/mine' })).toMatch(/^InvalidParameterException: .*reserved/)
    expect(await refused({ logGroupName: 'a b' })).toMatch(/^InvalidParameterException: 1 validation error/)
    expect(await refused({ logGroupName: 'a', logGroupClass: 'DELIVERY' })).toMatch(/DELIVERY/)
    expect(await refused({ logGroupName: 'a', kmsKeyId: 'arn:aws:kms:eu-central-1:1:key/1' })).toMatch(
      /kmsKeyId/,
    )
    expect(await refused({ logGroupName: 'a', tags: { 'aws:x': '1' } })).toMatch(/reserved/)
    expect(await namesOf()).toEqual([])
  })

  it('is found by prefix, by part, by class and by ARN, in pages', async () => {
    for (const logGroupName of ['/b/2', '/a/1', '/b/1', '/B/1', '/b']) {
      await weir.client.createLogGroup({
        logGroupName,
        logGroupClass: logGroupName === '/B/1' ? 'INFREQUENT_ACCESS' : 'STANDARD',
      })
    }
    expect(await namesOf()).toEqual(['/B/1', '/a/1', '/b', '/b/1', '/b/2'])
    expect(await namesOf({ logGroupNamePrefix: '/b' })).toEqual(['/b', '/b/1', '/b/2'])
    expect(await namesOf({ logGroupNamePattern: '/1' })).toEqual(['/B/1', '/a/1', '/b/1'])
    expect(await namesOf({ logGroupClass: 'INFREQUENT_ACCESS' })).toEqual(['/B/1'])
    expect(await namesOf({ logGroupIdentifiers: [weir.arn('/b/1'), '/a/1'] })).toEqual(['/a/1', '/b/1'])
    expect(await failure(namesOf({ logGroupNamePrefix: '/b', logGroupNamePattern: 'b' }))).toMatch(
      /mutually exclusive/,
    )
    const first = await weir.client.describeLogGroups({ logGroupNamePrefix: '/b', limit: 2 })
    expect(first.logGroups!.map(({ logGroupName }) => logGroupName)).toEqual(['/b', '/b/1'])
    expect(await namesOf({ logGroupNamePrefix: '/b', limit: 2, nextToken: first.nextToken })).toEqual([
      '/b/2',
    ])
    expect(await failure(namesOf({ nextToken: first.nextToken }))).toBe(
      'InvalidParameterException: The specified nextToken is invalid.',
    )
    const listed = await weir.client.listLogGroups({ logGroupNamePattern: '^/b/|a/1' })
    expect(listed.logGroups).toEqual(
      ['/a/1', '/b/1', '/b/2'].map(logGroupName => ({
        logGroupName,
        logGroupArn: weir.arn(logGroupName),
        logGroupClass: 'STANDARD',
      })),
    )
  })

  it('leaves nothing behind when it is deleted, and is another one when it is made again', async () => {
    const group = { logGroupName: 'again' }
    await weir.client.createLogGroup(group)
    await weir.client.createLogStream({ ...group, logStreamName: 's' })
    await weir.client.putLogEvents({
      ...group,
      logStreamName: 's',
      logEvents: [{ timestamp: weir.now, message: 'old' }],
    })
    await weir.client.deleteLogGroup(group)
    expect(await failure(weir.client.deleteLogGroup(group))).toBe(
      'ResourceNotFoundException: The specified log group does not exist.',
    )
    await weir.client.createLogGroup(group)
    expect((await weir.client.describeLogStreams(group)).logStreams).toEqual([])
    expect((await weir.client.filterLogEvents(group)).events).toEqual([])
  })

  it('stays while its deletion protection is enabled', async () => {
    const group = { logGroupName: 'precious' }
    await weir.client.createLogGroup({ ...group, deletionProtectionEnabled: true })
    expect(await failure(weir.client.deleteLogGroup(group))).toMatch(/^ValidationException: .*protection/)
    await weir.client.putLogGroupDeletionProtection({
      logGroupIdentifier: 'precious',
      deletionProtectionEnabled: false,
    })
    await weir.client.deleteLogGroup(group)
    expect(await namesOf()).toEqual([])
  })

  it('keeps events for as many days as its policy says', async () => {
    const group = { logGroupName: 'short' }
    await weir.client.createLogGroup(group)
    await weir.client.createLogStream({ ...group, logStreamName: 's' })
    const events = [5, 2, 0].map(days => ({
      timestamp: weir.now - days * DAY_MS,
      message: `${days} days old`,
    }))
    for (const event of events) {
      await weir.client.putLogEvents({ ...group, logStreamName: 's', logEvents: [event] })
    }
    const messages = async () =>
      (await weir.client.filterLogEvents(group)).events!.map(({ message }) => message)
    expect(await messages()).toEqual(['5 days old', '2 days old', '0 days old'])
    await weir.client.putRetentionPolicy({ ...group, retentionInDays: 3 })
    expect(await messages()).toEqual(['2 days old', '0 days old'])
    expect((await weir.client.describeLogGroups({})).logGroups![0]!.retentionInDays).toBe(3)
    const late = await weir.client.putLogEvents({ ...group, logStreamName: 's', logEvents: [events[0]!] })
    expect(late.rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 })
    await weir.client.deleteRetentionPolicy(group)
    expect((await weir.client.describeLogGroups({})).logGroups![0]!.retentionInDays).toBeUndefined()
    expect(await failure(weir.client.putRetentionPolicy({ ...group, retentionInDays: 2 }))).toMatch(
      /^InvalidParameterException: 1 validation error detected: Value '2' at 'retentionInDays'/,
    )
  })

  it('has tags, told by its ARN and, as of old, by its name', async () => {
    const group = { logGroupName: 'tagged' }
    const resourceArn = weir.arn('tagged')
    await weir.client.createLogGroup({ ...group, tags: { a: '1' } })
    await weir.client.tagResource({ resourceArn, tags: { b: '2', c: '3' } })
    await weir.client.untagResource({ resourceArn, tagKeys: ['a'] })
    expect((await weir.client.listTagsForResource({ resourceArn })).tags).toEqual({ b: '2', c: '3' })
    await weir.client.tagLogGroup({ ...group, tags: { d: '4' } })
    await weir.client.untagLogGroup({ ...group, tags: ['b'] })
    expect((await weir.client.listTagsLogGroup(group)).tags).toEqual({ c: '3', d: '4' })
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`k${i}`, '']))
    expect(await failure(weir.client.tagResource({ resourceArn, tags: many }))).toMatch(
      /^TooManyTagsException/,
    )
    expect(await failure(weir.client.listTagsForResource({ resourceArn: `${resourceArn}:*` }))).toMatch(
      /^InvalidParameterException/,
    )
    const spelled = { resourceArn: resourceArn.replace('arn:aws:', 'arn:aws-other:') }
    expect(await failure(weir.client.listTagsForResource(spelled))).toMatch(/^InvalidParameterException/)
    expect(await failure(weir.client.listTagsForResource({ resourceArn: weir.arn('none') }))).toMatch(
      /^ResourceNotFoundException/,
    )
  })

  it('is only for those whom a policy lets in', async () => {
    for (const logGroupName of ['mine', 'other']) await weir.client.createLogGroup({ logGroupName })
    const user = weir.userOf('u', `${weir.arn('mine')}:*`, ['logs:*'])
    await user.createLogStream({ logGroupName: 'mine', logStreamName: 's' })
    const logEvents = [{ timestamp: weir.now, message: 'm' }]
    await user.putLogEvents({ logGroupName: 'mine', logStreamName: 's', logEvents })
    expect((await user.filterLogEvents({ logGroupIdentifier: weir.arn('mine') })).events!.length).toBe(1)
    expect(await failure(user.filterLogEvents({ logGroupName: 'other' }))).toMatch(
      new RegExp(
        `^AccessDeniedException: .* logs:FilterLogEvents on resource: arn:aws:logs:${REGION}:${weir.account}:log-group:other:\\*`,
      ),
    )
    expect(await failure(user.describeLogGroups({}))).toMatch(/^AccessDeniedException/)
    const oneStream = weir.userOf('v', `${weir.arn('mine')}:log-stream:s`, ['logs:GetLogEvents'])
    expect((await oneStream.getLogEvents({ logGroupName: 'mine', logStreamName: 's' })).events!.length).toBe(
      1,
    )
    expect(await failure(oneStream.getLogEvents({ logGroupName: 'mine', logStreamName: 't' }))).toMatch(
      /^AccessDeniedException/,
    )
  })
})
