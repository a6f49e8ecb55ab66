import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type LogsHarness, logsHarness } from './logs-harness.ts'

const HOUR_MS = 60 * 60_000
const group = { logGroupName: 'group' }
const stream = { ...group, logStreamName: 's' }

let weir: LogsHarness

beforeEach(async () => {
  weir = await logsHarness()
  await weir.client.createLogGroup(group)
  await weir.client.createLogStream(stream)
  // The first object of a run is made with all that objects consist of.
}, 60_000)

/** One event a millisecond, ending now. */
const events = (count: number, text = 'm') =>
  Array.from({ length: count }, (_, i) => ({ timestamp: weir.now - count + i, message: `${text}${i}` }))

const messages = (page: { events?: { message?: string }[] }) => page.events!.map(({ message }) => message)

describe('PutLogEvents', () => {
  it('needs a group and a stream', async () => {
    const logEvents = events(1)
    expect(await failure(weir.client.putLogEvents({ ...stream, logGroupName: 'none', logEvents }))).toBe(
      'ResourceNotFoundException: The specified log group does not exist.',
    )
    expect(await failure(weir.client.putLogEvents({ ...group, logStreamName: 'none', logEvents }))).toBe(
      'ResourceNotFoundException: The specified log stream does not exist.',
    )
  })

  it('refuses what is not in order, too much at once, or of more than a day', async () => {
    const put = (logEvents: { timestamp: number; message: string }[]) =>
      failure(weir.client.putLogEvents({ ...stream, logEvents }))
    const { now } = weir
    const at = (timestamp: number, message = 'm') => ({ timestamp, message })
    expect(await put([at(now), at(now - 1)])).toMatch(/must be in chronological order\.$/)
    expect(await put([at(now - 30 * HOUR_MS), at(now)])).toMatch(/cannot span more than 24 hours\.$/)
    expect(await put([at(now, 'x'.repeat(1_048_577))])).toMatch(/Log event too large: 1048603 bytes/)
    const half = 'x'.repeat(524_288)
    expect(await put([at(now, half), at(now, half)])).toMatch(/Upload too large: 1048628 bytes exceeds limit/)
    expect(await put([at(now, '')])).toMatch(/^InvalidParameterException: 1 validation error/)
    expect(messages(await weir.client.getLogEvents(stream))).toEqual([])
  })

  it('takes what it can, and says which events are too old or too new', async () => {
    const { now } = weir
    const { rejectedLogEventsInfo } = await weir.client.putLogEvents({
      ...stream,
      logEvents: [
        { timestamp: now - 15 * 24 * HOUR_MS, message: 'too old' },
        { timestamp: now, message: 'fine' },
        { timestamp: now + 3 * HOUR_MS, message: 'too new' },
      ],
    })
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 })
    expect(messages(await weir.client.getLogEvents(stream))).toEqual(['fine'])
  })

  it('takes ten thousand events at once, and gives them back as they were', async () => {
    const logEvents = events(10_000, 'ümlaut ')
    await weir.client.putLogEvents({ ...stream, logEvents })
    const page = await weir.client.getLogEvents({ ...stream, startFromHead: true })
    expect(page.events!.map(({ timestamp, message }) => ({ timestamp, message }))).toEqual(logEvents)
  })
})

describe('GetLogEvents', () => {
  it('begins with the latest, and goes back and forth by its tokens', async () => {
    await weir.client.putLogEvents({ ...stream, logEvents: events(10) })
    const latest = await weir.client.getLogEvents({ ...stream, limit: 4 })
    expect(messages(latest)).toEqual(['m6', 'm7', 'm8', 'm9'])
    const before = await weir.client.getLogEvents({
      ...stream,
      limit: 4,
      nextToken: latest.nextBackwardToken,
    })
    expect(messages(before)).toEqual(['m2', 'm3', 'm4', 'm5'])
    const first = await weir.client.getLogEvents({ ...stream, limit: 4, nextToken: before.nextBackwardToken })
    expect(messages(first)).toEqual(['m0', 'm1'])
    const end = await weir.client.getLogEvents({ ...stream, limit: 4, nextToken: first.nextBackwardToken })
    expect(messages(end)).toEqual([])
    expect(end.nextBackwardToken).toBe(first.nextBackwardToken)
    const forth = await weir.client.getLogEvents({ ...stream, limit: 5, nextToken: first.nextForwardToken })
    expect(messages(forth)).toEqual(['m2', 'm3', 'm4', 'm5', 'm6'])
  })

  it('follows a stream: the token stays until there is more', async () => {
    const empty = await weir.client.getLogEvents({ ...stream, startFromHead: true })
    expect(messages(empty)).toEqual([])
    await weir.client.putLogEvents({ ...stream, logEvents: events(2, 'a') })
    const some = await weir.client.getLogEvents({ ...stream, nextToken: empty.nextForwardToken })
    expect(messages(some)).toEqual(['a0', 'a1'])
    const none = await weir.client.getLogEvents({ ...stream, nextToken: some.nextForwardToken })
    expect(none.events).toEqual([])
    expect(none.nextForwardToken).toBe(some.nextForwardToken)
    await weir.client.putLogEvents({ ...stream, logEvents: [{ timestamp: weir.now, message: 'later' }] })
    expect(messages(await weir.client.getLogEvents({ ...stream, nextToken: none.nextForwardToken }))).toEqual(
      ['later'],
    )
    expect(await failure(weir.client.getLogEvents({ ...stream, nextToken: 'f/12/s' }))).toBe(
      'InvalidParameterException: The specified nextToken is invalid.',
    )
  })

  it('is of times from one to before another, of the one stream', async () => {
    await weir.client.createLogStream({ ...group, logStreamName: 't' })
    await weir.client.putLogEvents({ ...stream, logEvents: events(5) })
    await weir.client.putLogEvents({ ...group, logStreamName: 't', logEvents: events(5, 'other') })
    const page = await weir.client.getLogEvents({
      logGroupIdentifier: weir.arn('group'),
      logStreamName: 's',
      startTime: weir.now - 4,
      endTime: weir.now - 2,
    })
    expect(messages(page)).toEqual(['m1', 'm2'])
    expect(await failure(weir.client.getLogEvents({ ...group, logStreamName: 'none' }))).toBe(
      'ResourceNotFoundException: The specified log stream does not exist.',
    )
    expect(
      await failure(weir.client.getLogEvents({ ...stream, logGroupIdentifier: weir.arn('group') })),
    ).toMatch(/mutually exclusive/)
  })

  it('has pages of a megabyte', async () => {
    const message = 'x'.repeat(300_000)
    for (let i = 0; i < 5; i++) {
      await weir.client.putLogEvents({
        ...stream,
        logEvents: [{ timestamp: weir.now + i, message: `${i}${message}` }],
      })
    }
    const page = await weir.client.getLogEvents({ ...stream, startFromHead: true })
    expect(messages(page).map(text => text![0])).toEqual(['0', '1', '2'])
    const rest = await weir.client.getLogEvents({ ...stream, nextToken: page.nextForwardToken })
    expect(messages(rest).map(text => text![0])).toEqual(['3', '4'])
  })
})

describe('FilterLogEvents', () => {
  it('finds lines by pattern in all streams, interleaved, a page at a time', async () => {
    for (const name of ['a', 'b']) {
      await weir.client.createLogStream({ ...group, logStreamName: name })
      await weir.client.putLogEvents({
        ...group,
        logStreamName: name,
        logEvents: events(20).map(({ timestamp }, i) => ({
          timestamp,
          message: `${i % 5 === 0 ? 'ERROR' : 'INFO'} ${name}${i}`,
        })),
      })
    }
    const found: string[] = []
    const ids = new Set<string>()
    let nextToken: string | undefined
    do {
      const page = await weir.client.filterLogEvents({
        ...group,
        filterPattern: 'ERROR',
        limit: 3,
        nextToken,
      })
      expect(page.events!.length).toBeLessThanOrEqual(3)
      for (const { message, eventId, logStreamName } of page.events!) {
        expect(message).toContain(`${logStreamName}`)
        found.push(message!)
        ids.add(eventId!)
      }
      nextToken = page.nextToken
    } while (nextToken)
    expect(found).toEqual([0, 5, 10, 15].flatMap(i => [`ERROR a${i}`, `ERROR b${i}`]))
    expect(ids.size).toBe(8)
  })

  it('is of streams by name or by prefix, and of times up to and with the last', async () => {
    for (const name of ['web-1', 'web-2', 'db']) {
      await weir.client.createLogStream({ ...group, logStreamName: name })
      await weir.client.putLogEvents({ ...group, logStreamName: name, logEvents: events(3, name) })
    }
    const find = async (input: object) => messages(await weir.client.filterLogEvents({ ...group, ...input }))
    expect(await find({ logStreamNames: ['db'] })).toEqual(['db0', 'db1', 'db2'])
    expect(
      await find({ logStreamNamePrefix: 'web-', startTime: weir.now - 2, endTime: weir.now - 2 }),
    ).toEqual(['web-11', 'web-21'])
    expect(await failure(find({ logStreamNames: ['db'], logStreamNamePrefix: 'w' }))).toMatch(
      /^InvalidParameterException/,
    )
    expect(await failure(find({ filterPattern: '{ $.a = ' }))).toMatch(
      /^InvalidParameterException: Invalid filter/,
    )
  })

  it('is not for groups of infrequent access', async () => {
    await weir.client.createLogGroup({ logGroupName: 'ia', logGroupClass: 'INFREQUENT_ACCESS' })
    expect(await failure(weir.client.filterLogEvents({ logGroupName: 'ia' }))).toMatch(/^InvalidOperation/)
  })
})

describe('log streams', () => {
  it('are listed by name or by their last event, in pages', async () => {
    for (const name of ['c', 'a', 'b']) await weir.client.createLogStream({ ...group, logStreamName: name })
    for (const [i, name] of ['b', 'c', 'a'].entries()) {
      await weir.client.putLogEvents({
        ...group,
        logStreamName: name,
        logEvents: [{ timestamp: weir.now + i, message: 'm' }],
      })
    }
    const names = async (input: object) =>
      (await weir.client.describeLogStreams({ ...group, ...input })).logStreams!.map(s => s.logStreamName)
    expect(await names({})).toEqual(['a', 'b', 'c', 's'])
    expect(await names({ descending: true })).toEqual(['s', 'c', 'b', 'a'])
    expect(await names({ logStreamNamePrefix: 'b' })).toEqual(['b'])
    expect(await names({ orderBy: 'LastEventTime', descending: true })).toEqual(['a', 'c', 'b', 's'])
    const input = { orderBy: 'LastEventTime', descending: true, limit: 3 } as const
    const { nextToken } = await weir.client.describeLogStreams({ ...group, ...input })
    expect(await names({ ...input, nextToken })).toEqual(['s'])
    expect(await failure(names({ orderBy: 'LastEventTime', logStreamNamePrefix: 'a' }))).toBe(
      'InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.',
    )
    const [one] = (await weir.client.describeLogStreams({ ...group, logStreamNamePrefix: 'a' })).logStreams!
    expect(one).toMatchObject({
      arn: `${weir.arn('group')}:log-stream:a`,
      firstEventTimestamp: weir.now + 2,
      lastEventTimestamp: weir.now + 2,
      storedBytes: 0,
    })
    expect(one!.lastIngestionTime).toBeGreaterThan(weir.now - HOUR_MS)
  })

  it('take their events with them, and begin anew under the same name', async () => {
    await weir.client.putLogEvents({ ...stream, logEvents: events(2, 'old') })
    expect(await failure(weir.client.createLogStream(stream))).toBe(
      'ResourceAlreadyExistsException: The specified log stream already exists',
    )
    await weir.client.deleteLogStream(stream)
    expect(await failure(weir.client.deleteLogStream(stream))).toMatch(/stream does not exist\.$/)
    expect(messages(await weir.client.filterLogEvents(group))).toEqual([])
    await weir.client.createLogStream(stream)
    await weir.client.putLogEvents({ ...stream, logEvents: events(1, 'new') })
    expect(messages(await weir.client.getLogEvents(stream))).toEqual(['new0'])
    const [described] = (await weir.client.describeLogStreams(group)).logStreams!
    expect(described!.firstEventTimestamp).toBe(weir.now - 1)
  })
})
