import { expect } from 'vitest'
import { ACCOUNT, call, nameOf, publish, REGION, type Steps, soon, type World } from './world.ts'

const logGroupName = 'orders'
const logStreamName = 'till-1'
const ARN = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupName}`

const messagesOf = async ({ logs }: World, filterPattern?: string): Promise<string[]> => {
  const { events } = await logs.filterLogEvents({ logGroupName, filterPattern })
  return events!.map(({ message }) => message!)
}

/** Groups, and what becomes of lines in them. */
export const logs: Steps = {
  async CreateLogGroup({ logs }) {
    await logs.createLogGroup({ logGroupName, tags: { team: 'shop' } })
    expect(await nameOf(logs.createLogGroup({ logGroupName }))).toBe('ResourceAlreadyExistsException')
  },
  async DescribeLogGroups({ logs }) {
    const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: 'ord' })
    expect(logGroups).toMatchObject([{ logGroupName, arn: `${ARN}:*` }])
    expect(logGroups![0]!.retentionInDays).toBeUndefined()
  },
  async PutRetentionPolicy({ logs }) {
    await logs.putRetentionPolicy({ logGroupName, retentionInDays: 7 })
    const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: logGroupName })
    expect(logGroups![0]!.retentionInDays).toBe(7)
  },
  async CreateLogStream({ logs }) {
    await logs.createLogStream({ logGroupName, logStreamName })
    await logs.createLogStream({ logGroupName, logStreamName: 'till-2' })
  },
  async PutMetricFilter({ logs }) {
    await logs.putMetricFilter({
      logGroupName,
      filterName: 'refusals',
      filterPattern: '{ $.status >= 500 }',
      metricTransformations: [{ metricName: 'Refusals', metricNamespace: 'Shop', metricValue: '1' }],
    })
  },
  async PutSubscriptionFilter(world) {
    // Another function's lines tell what this one was sent.
    await publish(
      world,
      'reader',
      `const { gunzipSync } = require('node:zlib')
exports.handler = async ({ awslogs }) => {
  const { logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')))
  for (const { message } of logEvents) console.log('READ ' + message)
}`,
    )
    await world.lambda.addPermission({
      FunctionName: 'reader',
      StatementId: 'logs',
      Action: 'lambda:InvokeFunction',
      Principal: 'logs.amazonaws.com',
      SourceArn: `${ARN}:*`,
    })
    await world.logs.putSubscriptionFilter({
      logGroupName,
      filterName: 'to-reader',
      filterPattern: 'paid',
      destinationArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:reader`,
    })
  },
  async StartLiveTail(world) {
    const { responseStream } = await world.logs.startLiveTail({ logGroupIdentifiers: [ARN] })
    const seen: string[] = []
    for await (const event of responseStream!) {
      // Whoever follows sees what comes from then on.
      if (event.sessionStart) {
        await world.logs.putLogEvents({
          logGroupName,
          logStreamName: 'till-2',
          logEvents: [{ timestamp: Date.now(), message: 'live' }],
        })
      }
      seen.push(...(event.sessionUpdate?.sessionResults ?? []).map(({ message }) => message!))
      if (seen.length > 0) break
    }
    expect(seen).toEqual(['live'])
  },
  async PutLogEvents({ logs }) {
    const now = Date.now()
    const { rejectedLogEventsInfo } = await logs.putLogEvents({
      logGroupName,
      logStreamName,
      logEvents: [
        { timestamp: now - 30 * 86_400_000, message: 'too old' },
        { timestamp: now - 2, message: '{"status": 200, "what": "paid"}' },
        { timestamp: now - 1, message: '{"status": 503, "what": "lost"}' },
        { timestamp: now, message: '127.0.0.1 ann GET 404 paid 12' },
      ],
    })
    expect(rejectedLogEventsInfo).toMatchObject({ expiredLogEventEndIndex: 1 })
  },
  async GetLogEvents({ logs }) {
    const first = await logs.getLogEvents({ logGroupName, logStreamName, startFromHead: true, limit: 2 })
    const rest = await logs.getLogEvents({ logGroupName, logStreamName, nextToken: first.nextForwardToken })
    expect([...first.events!, ...rest.events!].map(({ message }) => message)).toEqual([
      '{"status": 200, "what": "paid"}',
      '{"status": 503, "what": "lost"}',
      '127.0.0.1 ann GET 404 paid 12',
    ])
  },
  async FilterLogEvents(world) {
    expect(await messagesOf(world, '{ $.status = 503 }')).toEqual(['{"status": 503, "what": "lost"}'])
    expect(await messagesOf(world, '[ip, who, verb, status = 4*, ...]')).toEqual([
      '127.0.0.1 ann GET 404 paid 12',
    ])
    expect(await messagesOf(world, 'paid -ann')).toEqual(['{"status": 200, "what": "paid"}'])
    expect(await messagesOf(world)).toHaveLength(4)
  },
  async DescribeLogStreams({ logs }) {
    const { logStreams } = await logs.describeLogStreams({ logGroupName, orderBy: 'LogStreamName' })
    expect(logStreams!.map(each => each.logStreamName)).toEqual(['till-1', 'till-2'])
    expect(logStreams![0]!.lastEventTimestamp).toBeGreaterThan(Date.now() - 60_000)
  },
  async DescribeMetricFilters(world) {
    const { metricFilters } = await world.logs.describeMetricFilters({ logGroupName })
    expect(metricFilters).toMatchObject([{ filterName: 'refusals', filterPattern: '{ $.status >= 500 }' }])
    await soon(async () => {
      const { Metrics } = await world.cloudwatch.listMetrics({ Namespace: 'Shop' })
      expect(Metrics).toMatchObject([{ MetricName: 'Refusals' }])
    })
  },
  async TestMetricFilter({ logs }) {
    const { matches } = await logs.testMetricFilter({
      filterPattern: '[ip, user, verb, status_code, what, bytes > 10]',
      logEventMessages: ['127.0.0.1 ann GET 404 paid 12', '127.0.0.1 bob GET 200 paid 3'],
    })
    expect(matches).toMatchObject([{ eventNumber: 0, extractedValues: { $user: 'ann', $bytes: '12' } }])
  },
  async DeleteMetricFilter({ logs }) {
    await logs.deleteMetricFilter({ logGroupName, filterName: 'refusals' })
    expect((await logs.describeMetricFilters({ logGroupName })).metricFilters).toEqual([])
  },
  async DescribeSubscriptionFilters(world) {
    const { subscriptionFilters } = await world.logs.describeSubscriptionFilters({ logGroupName })
    expect(subscriptionFilters).toMatchObject([{ filterName: 'to-reader', filterPattern: 'paid' }])
    await soon(async () => {
      const { events } = await world.logs.filterLogEvents({
        logGroupName: '/aws/lambda/reader',
        filterPattern: 'READ',
      })
      expect(events!.map(({ message }) => /READ (.*)/.exec(message!)![1]).sort()).toEqual([
        '127.0.0.1 ann GET 404 paid 12',
        '{"status": 200, "what": "paid"}',
      ])
    })
  },
  async DeleteSubscriptionFilter({ logs }) {
    await logs.deleteSubscriptionFilter({ logGroupName, filterName: 'to-reader' })
    expect((await logs.describeSubscriptionFilters({ logGroupName })).subscriptionFilters).toEqual([])
  },
  async StartQuery(world) {
    const { queryId } = await world.logs.startQuery({
      logGroupName,
      startTime: Math.floor(Date.now() / 1000) - 3600,
      endTime: Math.floor(Date.now() / 1000) + 60,
      queryString: 'filter ispresent(status) | stats count(*) as n, max(status) as worst by what | sort what',
    })
    world.made.query = queryId!
  },
  async GetQueryResults(world) {
    await soon(async () => {
      const { status, results } = await world.logs.getQueryResults({ queryId: world.made.query! })
      expect(status).toBe('Complete')
      expect(results!.map(row => row.map(({ field, value }) => [field, value]))).toEqual([
        [
          ['what', 'lost'],
          ['n', '1'],
          ['worst', '503'],
        ],
        [
          ['what', 'paid'],
          ['n', '1'],
          ['worst', '200'],
        ],
      ])
    })
  },
  async TagResource({ logs }) {
    await logs.tagResource({ resourceArn: ARN, tags: { stage: 'prod' } })
  },
  async ListTagsForResource({ logs }) {
    const { tags } = await logs.listTagsForResource({ resourceArn: ARN })
    expect(tags).toEqual({ team: 'shop', stage: 'prod' })
  },
  async ListTagsLogGroup({ logs }) {
    expect((await logs.listTagsLogGroup({ logGroupName })).tags).toEqual({ team: 'shop', stage: 'prod' })
  },
  async DeleteLogGroup(world) {
    await world.logs.deleteLogGroup({ logGroupName })
    expect(await nameOf(messagesOf(world))).toBe('ResourceNotFoundException')
    // One of a function comes back with its next line.
    await world.logs.deleteLogGroup({ logGroupName: '/aws/lambda/reader' })
    await call(world, 'reader', { awslogs: { data: '' } })
    await soon(async () => {
      const { logGroups } = await world.logs.describeLogGroups({ logGroupNamePrefix: '/aws/lambda/reader' })
      expect(logGroups).toHaveLength(1)
    })
  },
}
