import type { QueryStatus, StartQueryCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keptQueries, queryIdAt } from '../../../../src/observability/logs/queries/kept-query.ts'
import { Records } from '../../../../src/records/records.ts'
import { failure, type LogsHarness, logsHarness, REGION } from './logs-harness.ts'

const group = { logGroupName: 'group' }
const SECOND = 1000

let weir: LogsHarness

beforeEach(async () => {
  weir = await logsHarness()
  for (const logGroupName of ['group', 'other']) {
    await weir.client.createLogGroup({ logGroupName })
    await weir.client.createLogStream({ logGroupName, logStreamName: 's' })
  }
}, 60_000)

const put = (logGroupName: string, events: readonly object[], at = weir.now) =>
  weir.client.putLogEvents({
    logGroupName,
    logStreamName: 's',
    logEvents: events.map((event, i) => ({
      timestamp: at - events.length + i,
      message: JSON.stringify(event),
    })),
  })

const start = (queryString: string, more: Partial<StartQueryCommandInput> = {}) =>
  weir.client.startQuery({
    ...(more.logGroupNames || more.logGroupIdentifiers ? {} : group),
    startTime: Math.floor(weir.now / SECOND) - 60,
    endTime: Math.floor(weir.now / SECOND),
    queryString,
    ...more,
  })

const ended = (queryId: string) =>
  vi.waitFor(
    async () => {
      const answer = await weir.client.getQueryResults({ queryId })
      expect(answer.status).not.toBe('Running')
      return answer
    },
    { timeout: 20_000, interval: 20 },
  )

async function rows(queryString: string, more: Partial<StartQueryCommandInput> = {}) {
  const { queryId } = await start(queryString, more)
  const { status, results } = await ended(queryId!)
  expect(status).toBe('Complete')
  return results!.map(row => Object.fromEntries(row.map(({ field, value }) => [field, value])))
}

describe('StartQuery', () => {
  it('finds lines of a group, the newest first, each with its place', async () => {
    await put('group', [{ n: 1 }, { n: 2 }, { n: 3 }])
    const { queryId } = await start('fields n | filter n > 1')
    const { results, statistics, status, queryLanguage } = await ended(queryId!)
    const ptr = { field: '@ptr', value: expect.stringMatching(/^[\w+/]+=*$/) }
    expect(results).toEqual([
      [{ field: 'n', value: '3' }, ptr],
      [{ field: 'n', value: '2' }, ptr],
    ])
    expect([status, queryLanguage]).toEqual(['Complete', 'CWLI'])
    expect(statistics).toMatchObject({ recordsScanned: 3, recordsMatched: 2, logGroupsScanned: 1 })
  })

  it('reads several groups, by name or ARN, in the order of time', async () => {
    await put('group', [{ n: 1 }], weir.now - 20)
    await put('other', [{ n: 2 }], weir.now - 10)
    await put('group', [{ n: 3 }])
    expect(await rows('display n', { logGroupNames: ['group', 'other'] })).toMatchObject([
      { n: '3' },
      { n: '2' },
      { n: '1' },
    ])
    const logGroupIdentifiers = [weir.arn('group'), 'other']
    expect(await rows('stats sum(n) as n', { logGroupIdentifiers })).toEqual([{ n: '6' }])
  })

  it('reads from the first second to the last one', async () => {
    const second = Math.floor(weir.now / SECOND) - 10
    await put('group', [{ n: 1 }], second * SECOND)
    await put('group', [{ n: 2 }], second * SECOND + 1)
    await put('group', [{ n: 3 }], (second + 1) * SECOND)
    await put('group', [{ n: 4 }], (second + 1) * SECOND + 1)
    expect(await rows('stats count(*) as n', { startTime: second, endTime: second })).toEqual([{ n: '2' }])
  })

  it('refuses what it cannot read, with its place', async () => {
    const malformed = await start('fields n | shuffle').catch(error => error)
    expect(malformed.name).toBe('MalformedQueryException')
    expect(malformed.queryCompileError).toEqual({
      location: { startCharOffset: 18, endCharOffset: 18 },
      message: 'the command shuffle is not known here',
    })
    expect(await failure(start('fields n', { queryLanguage: 'PPL' }))).toMatch(
      /^InvalidParameterException: .* PPL/,
    )
    expect(await failure(start('fields n', { logGroupNames: ['none'] }))).toBe(
      `ResourceNotFoundException: Log group 'none' does not exist for account ID '${weir.account}'`,
    )
    expect(await failure(start('fields n', { logGroupName: 'group', logGroupNames: ['other'] }))).toMatch(
      /Exactly one/,
    )
    expect(await failure(start('fields n', { endTime: 1 }))).toMatch(/before its begin/)
  })

  it('is asked for each group', async () => {
    const user = weir.userOf('reader', `${weir.arn('group')}:*`, ['logs:StartQuery', 'logs:GetQueryResults'])
    const times = { startTime: 1, endTime: 2, queryString: 'fields n' }
    expect(await failure(user.startQuery({ ...times, logGroupNames: ['group'] }))).toBe('the call succeeded')
    expect(await failure(user.startQuery({ ...times, logGroupNames: ['group', 'other'] }))).toMatch(
      /^AccessDenied/,
    )
  })
})

describe('GetQueryResults', () => {
  it('gives rows in pages', async () => {
    await put('group', [{ n: 1 }, { n: 2 }, { n: 3 }])
    const { queryId } = await start('stats count(*) by n | sort n asc', { limit: 3 })
    await ended(queryId!)
    const first = await weir.client.getQueryResults({ queryId, maxItems: 2 })
    expect(first.results).toHaveLength(2)
    const second = await weir.client.getQueryResults({ queryId, nextToken: first.nextToken })
    expect(second.results).toEqual([
      [
        { field: 'n', value: '3' },
        { field: 'count(*)', value: '1' },
      ],
    ])
    expect(second.nextToken).toBeUndefined()
    expect(await failure(weir.client.getQueryResults({ queryId: 'none' }))).toMatch(
      /^ResourceNotFoundException/,
    )
    expect(await failure(weir.client.getQueryResults({ queryId, nextToken: 'none' }))).toMatch(
      /nextToken is invalid/,
    )
  })

  it('says of a query whose isolate died that it ran out of time', async () => {
    const records = new Records(weir.env.DB, { id: weir.account, region: REGION })
    const id = queryIdAt(weir.now, crypto.randomUUID())
    const doc = {
      text: 'fields n',
      groups: ['group'],
      from: 0,
      until: 1,
      limit: 10,
      created: weir.now,
      by: 'arn',
      status: 'Running' as const,
    }
    await records.change().create(keptQueries, { parent: '', id }, doc).commit()
    const status = async () => (await weir.client.getQueryResults({ queryId: id })).status
    expect(await status()).toBe('Running')
    weir.now += 61 * SECOND
    expect(await status()).toBe('Timeout')
  })
})

describe('DescribeQueries and StopQuery', () => {
  const described = async (asked: { logGroupName?: string; status?: QueryStatus }) => {
    const { queries } = await weir.client.describeQueries(asked)
    return queries!.map(({ queryString }) => queryString)
  }

  it('knows the queries of a week, the newest first', async () => {
    for (const [index, name] of ['group', 'other', 'group'].entries()) {
      weir.now += 10
      const { queryId } = await start(`fields a${index}`, { logGroupNames: [name] })
      await ended(queryId!)
    }
    expect(await described({})).toEqual(['fields a2', 'fields a1', 'fields a0'])
    expect(await described({ logGroupName: 'group', status: 'Complete' })).toEqual(['fields a2', 'fields a0'])
    expect(await described({ status: 'Failed' })).toEqual([])
    weir.now += 8 * 24 * 60 * 60 * SECOND
    const { queryId } = await start('fields new')
    await ended(queryId!)
    await vi.waitFor(async () => expect(await described({})).toEqual(['fields new']))
  })

  it('stops what is running, and refuses to stop what has ended', async () => {
    const { queryId } = await start('fields n')
    await ended(queryId!)
    expect(await failure(weir.client.stopQuery({ queryId }))).toMatch(
      /^InvalidParameterException: .* not running/,
    )
    const records = new Records(weir.env.DB, { id: weir.account, region: REGION })
    const stored = (await records.get(keptQueries, '', queryId!))!
    await records
      .change()
      .replace(keptQueries, stored, { ...stored.doc, status: 'Running' })
      .commit()
    expect(await weir.client.stopQuery({ queryId })).toMatchObject({ success: true })
    expect((await weir.client.getQueryResults({ queryId })).status).toBe('Cancelled')
  })
})
