import type { LogStream } from '@aws-sdk/client-cloudwatch-logs'
import type { StreamFacts } from '../../../../observability/logs/chunk-tables.ts'
import { logStoreName } from '../../../../observability/logs/log-event.ts'
import { logStreamArn } from '../../../../observability/logs/log-groups.ts'
import { eachStream, isStreamOfAny } from '../../../../observability/logs/log-streams.ts'
import { objectsOf } from '../../../../observability/logs/publish-log-group.ts'
import { type Context, contextOf, findGroup, groupNameOf, type LogsHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, invalid, noSuchStream } from '../refusals.ts'

export const logStreamOperations = {
  async CreateLogStream(input, call) {
    const context = contextOf(call)
    const { logGroupName, logStreamName } = input
    await findGroup(context, logGroupName)
    const { env } = context.platform
    const [root = logStoreName(context.account, logGroupName), ...others] = await objectsOf(
      env,
      context.account,
      logGroupName,
    )
    const isKnown = await isStreamOfAny(env, others, logStreamName)
    if (isKnown || !(await env.LOG_STORE.getByName(root).makeStream(logStreamName))) {
      throw alreadyExists('The specified log stream already exists')
    }
    return {}
  },

  async DeleteLogStream(input, call) {
    const context = contextOf(call)
    const { logGroupName, logStreamName } = input
    await findGroup(context, logGroupName)
    const { env } = context.platform
    const objects = await objectsOf(env, context.account, logGroupName)
    const deleted = await Promise.all(
      objects.map(name => env.LOG_STORE.getByName(name).deleteStream(logStreamName)),
    )
    if (!deleted.includes(true)) throw noSuchStream()
    return {}
  },

  async DescribeLogStreams(input, call) {
    const context = contextOf(call)
    const group = groupNameOf(context, input)
    const { logStreamNamePrefix: prefix, orderBy = 'LogStreamName', descending = false } = input
    if (orderBy === 'LastEventTime' && prefix !== undefined) {
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.')
    }
    await findGroup(context, group)
    const list = JSON.stringify(['streams', group, prefix, orderBy, descending])
    const page =
      orderBy === 'LogStreamName' && !descending
        ? await pageOf(
            list,
            after => eachStream(context.platform.env, context.account, group, { prefix, after }),
            ({ name }) => [name],
            input,
            LIMITS.perPage,
          )
        : await pageOf(
            list,
            (...after) => sortedStreams(context, group, prefix, orderBy, descending, after),
            positionOf[orderBy],
            input,
            LIMITS.perPage,
          )
    return {
      logStreams: page.items.map(stream => describeStream(context, group, stream)),
      nextToken: page.nextToken,
    }
  },
} satisfies LogsHandlers

type Order = 'LogStreamName' | 'LastEventTime'

/** Where a stream stands, as texts that sort as it does. */
const positionOf: Readonly<Record<Order, (stream: StreamFacts) => readonly string[]>> = {
  LogStreamName: ({ name }) => [name],
  LastEventTime: ({ last = 0, name }) => [String(last).padStart(16, '0'), name],
}

async function* sortedStreams(
  { platform, account }: Context,
  group: string,
  prefix: string | undefined,
  order: Order,
  descending: boolean,
  after: readonly string[],
): AsyncGenerator<StreamFacts> {
  const placed: { place: string; stream: StreamFacts }[] = []
  for await (const stream of eachStream(platform.env, account, group, { prefix })) {
    placed.push({ place: positionOf[order](stream).join('\n'), stream })
  }
  placed.sort((one, other) => (one.place < other.place ? -1 : 1))
  if (descending) placed.reverse()
  const last = after.join('\n')
  for (const { place, stream } of placed) {
    if (after.length === 0 || (descending ? place < last : place > last)) yield stream
  }
}

const describeStream = (
  { account }: Context,
  group: string,
  { name, created, first, last, ingested }: StreamFacts,
): LogStream => ({
  logStreamName: name,
  creationTime: created,
  firstEventTimestamp: first,
  lastEventTimestamp: last,
  lastIngestionTime: ingested,
  uploadSequenceToken: undefined,
  arn: logStreamArn(account, group, name),
  // No longer said of streams: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
  storedBytes: 0,
})
