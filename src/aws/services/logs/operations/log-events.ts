import type { FilteredLogEvent, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import { keepLatest } from '../../../../lib/keep-latest.ts'
import { shardName, shardNames } from '../../../../observability/ingest/batch.ts'
import {
  EVENT_OVERHEAD,
  eventBytes,
  eventIdOf,
  type GroupEvent,
  type Position,
  positionOfEventId,
} from '../../../../observability/logs/kept-event.ts'
import { type LogEvent, logStoreName } from '../../../../observability/logs/log-event.ts'
import { expiryOf, type LogGroupRecord } from '../../../../observability/logs/log-groups.ts'
import { isStreamOfAny } from '../../../../observability/logs/log-streams.ts'
import { Message } from '../../../../observability/logs/patterns/json-message.ts'
import { objectsOf } from '../../../../observability/logs/publish-log-group.ts'
import { readLines } from '../../../../observability/logs/read-lines.ts'
import type { StreamChoice } from '../../../../observability/logs/unit.ts'
import { readPageMarker, writePageMarker } from '../../../../records/page-marker.ts'
import { type Context, contextOf, findGroup, groupNameOf, type LogsHandlers } from '../context.ts'
import { patternOf } from '../filter-patterns.ts'
import { LIMITS } from '../limits.ts'
import { badToken, invalid, invalidOperation, noSuchStream } from '../refusals.ts'

export const logEventOperations = {
  async PutLogEvents(input, call) {
    const context = contextOf(call)
    const { logGroupName, logStreamName } = input
    const { doc: group } = await findGroup(context, logGroupName)
    const events = input.logEvents.map(({ timestamp, message }) => ({
      timestamp: timestamp!,
      message: message!,
    }))
    checkBatch(events)
    const { accepted, rejected } = sift(events, group, context.now)
    checkSpan(accepted)
    await put(context, logGroupName, logStreamName, accepted)
    return {
      nextSequenceToken: NEXT_SEQUENCE_TOKEN,
      rejectedLogEventsInfo: rejected,
      rejectedEntityInfo: undefined,
    }
  },

  async GetLogEvents(input, call) {
    const context = contextOf(call)
    const group = groupNameOf(context, input)
    const { logStreamName, startTime = 0, endTime, nextToken, limit = LIMITS.eventsPerPage } = input
    const { doc } = await findGroup(context, group)
    checkReadable(doc)
    const { env } = context.platform
    const objects = await objectsOf(env, context.account, group)
    if (!(await isStreamOfAny(env, objects, logStreamName))) throw noSuchStream()
    const token = nextToken === undefined ? undefined : readEventToken(nextToken)
    const direction = token?.direction ?? (input.startFromHead ? 'forward' : 'backward')
    const lines = readLines(env, context.account, group, {
      from: Math.max(startTime, expiryOf(doc, context.now)),
      until: endTime ?? Number.MAX_SAFE_INTEGER,
      direction,
      streams: { names: [logStreamName] },
      after: token?.position,
    })
    const { events } = await takeEvents(lines, { limit, matches: () => true, now: () => context.now })
    if (direction === 'backward') events.reverse()
    const [first = token?.position, last = first] = [events[0], events.at(-1)]
    return {
      events: events.map(({ timestamp, message, ingested }) => ({
        timestamp,
        message,
        ingestionTime: ingested,
      })),
      nextForwardToken: writeEventToken('forward', last),
      nextBackwardToken: writeEventToken('backward', first),
    }
  },

  async FilterLogEvents(input, call) {
    const context = contextOf(call)
    const group = groupNameOf(context, input)
    const { startTime = 0, endTime, nextToken, limit = LIMITS.eventsPerPage } = input
    const { doc } = await findGroup(context, group)
    checkReadable(doc)
    const streams = chosenStreams(input.logStreamNames, input.logStreamNamePrefix)
    const pattern = patternOf(input.filterPattern)
    const list = JSON.stringify(['events', group, streams, input.filterPattern])
    const lines = readLines(context.platform.env, context.account, group, {
      from: Math.max(startTime, expiryOf(doc, context.now)),
      until: endTime === undefined ? Number.MAX_SAFE_INTEGER : endTime + 1,
      direction: 'forward',
      streams,
      after: nextToken === undefined ? undefined : readFilterToken(list, nextToken),
    })
    const { events, stoppedAt } = await takeEvents(lines, {
      limit,
      matches: message => pattern.matches(new Message(message)),
      now: () => context.platform.clock(),
    })
    return {
      events: events.map(describeFiltered),
      // No longer said: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
      searchedLogStreams: [],
      nextToken: stoppedAt && writePageMarker(list, eventIdOf(stoppedAt)),
    }
  },
} satisfies LogsHandlers

/** Clients of old hand it back; nobody looks at it any more. */
const NEXT_SEQUENCE_TOKEN = '49590302161826100000000000000000000000000000000000000000'

function checkBatch(events: readonly LogEvent[]): void {
  let bytes = 0
  let last = Number.NEGATIVE_INFINITY
  for (const event of events) {
    const size = eventBytes(event)
    if (size - EVENT_OVERHEAD > LIMITS.eventBytes) {
      throw invalid(`Log event too large: ${size} bytes exceeds limit of ${LIMITS.eventBytes}`)
    }
    if (event.timestamp < last) {
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.')
    }
    last = event.timestamp
    bytes += size
  }
  if (bytes > LIMITS.batchBytes) {
    throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${LIMITS.batchBytes}`)
  }
}

function checkSpan(events: readonly LogEvent[]): void {
  if (events.length > 0 && events.at(-1)!.timestamp - events[0]!.timestamp > LIMITS.batchSpanMs) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
  }
}

/** What of a batch is taken; of the rest, which by its place is too old, has expired already or is too new. */
function sift(
  events: readonly LogEvent[],
  group: LogGroupRecord,
  now: number,
): { accepted: readonly LogEvent[]; rejected: RejectedLogEventsInfo | undefined } {
  const tooOld = events.filter(({ timestamp }) => timestamp < now - LIMITS.oldestMs).length
  const expired = events.filter(({ timestamp }) => timestamp < expiryOf(group, now)).length
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + LIMITS.newestMs)
  const accepted = events.slice(Math.max(tooOld, expired), tooNew === -1 ? undefined : tooNew)
  if (accepted.length === events.length) return { accepted, rejected: undefined }
  return {
    accepted,
    rejected: {
      tooOldLogEventEndIndex: tooOld > 0 ? tooOld : undefined,
      expiredLogEventEndIndex: expired > 0 ? expired : undefined,
      tooNewLogEventStartIndex: tooNew === -1 ? undefined : tooNew,
    },
  }
}

/** Names whose objects an isolate counts. */
const MOST_NAMES = 1_000

const shards = new Map<string, number>()

/** Once this resolves, the events are written down. */
async function put(
  { platform, account, call }: Context,
  group: string,
  stream: string,
  events: readonly LogEvent[],
): Promise<void> {
  const { LOG_STORE } = platform.env
  const root = logStoreName(account, group)
  const shard = Math.floor(Math.random() * (shards.get(root) ?? 1))
  const object = LOG_STORE.getByName(shardName(root, shard))
  // One sender a call: a sender's batches must not overtake each other.
  const batch = { sender: call.requestId, number: 1, items: events.length > 0 ? [{ stream, events }] : [] }
  let taken = events.length > 0 ? await object.put(batch, false) : 'no-stream'
  if (taken === 'no-stream') {
    // Each object knows those that it was told of, and the first those that were made.
    const objects = shardNames(root, await LOG_STORE.getByName(root).shards())
    if (!(await isStreamOfAny(platform.env, objects, stream))) throw noSuchStream()
    if (events.length === 0) return
    taken = await object.put(batch, true)
  }
  if (taken !== 'no-stream') keepLatest(shards, root, taken.shards, MOST_NAMES)
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html */
function checkReadable(group: LogGroupRecord): void {
  if (group.class === 'INFREQUENT_ACCESS') {
    throw invalidOperation('This operation is not supported for log groups of the class INFREQUENT_ACCESS.')
  }
}

function chosenStreams(
  names: readonly string[] | undefined,
  prefix: string | undefined,
): StreamChoice | undefined {
  if (names && prefix !== undefined) {
    throw invalid('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.')
  }
  if (names) return { names }
  return prefix === undefined ? undefined : { prefixes: [prefix] }
}

interface Wanted {
  readonly limit: number
  readonly matches: (message: string) => boolean
  readonly now: () => number
}

/** What one call looks through, at most: it then answers what it has found, and a token. */
const MOST_BYTES_READ = 64 * 1024 * 1024
const LONGEST_READ_MS = 5_000

/**
 * Takes events for one page. `stoppedAt` is the last one that was looked at where more may follow.
 */
async function takeEvents(
  lines: AsyncIterable<readonly GroupEvent[]>,
  { limit, matches, now }: Wanted,
): Promise<{ events: GroupEvent[]; stoppedAt?: Position }> {
  const until = now() + LONGEST_READ_MS
  const events: GroupEvent[] = []
  let bytes = 0
  let read = 0
  let last: GroupEvent | undefined
  for await (const batch of lines) {
    for (const event of batch) {
      const size = eventBytes(event)
      read += size
      if (matches(event.message)) {
        if (events.length === limit || (events.length > 0 && bytes + size > LIMITS.pageBytes)) {
          return { events, stoppedAt: last }
        }
        events.push(event)
        bytes += size
      }
      last = event
    }
    if (read > MOST_BYTES_READ || now() > until) return { events, stoppedAt: last }
  }
  return { events }
}

const describeFiltered = (event: GroupEvent): FilteredLogEvent => ({
  logStreamName: event.stream,
  timestamp: event.timestamp,
  message: event.message,
  ingestionTime: event.ingested,
  eventId: eventIdOf(event),
})

function readFilterToken(list: string, token: string): Position {
  const [id] = readPageMarker(list, token) ?? []
  const position = id === undefined ? undefined : positionOfEventId(id)
  if (!position) throw badToken()
  return position
}

const DIRECTIONS = { forward: 'f', backward: 'b' } as const

/** Before all events of a stream. */
const BEGIN: Position = { timestamp: 0, ingested: 0, shard: 0, ordinal: 0 }

/** `f/` or `b/`, an event's id and `/s`, as CloudWatch Logs has them. */
const writeEventToken = (direction: keyof typeof DIRECTIONS, position: Position = BEGIN): string =>
  `${DIRECTIONS[direction]}/${eventIdOf(position)}/s`

function readEventToken(token: string): { direction: keyof typeof DIRECTIONS; position: Position } {
  const [, letter, id = ''] = /^([fb])\/(\d+)\/s$/.exec(token) ?? []
  const position = positionOfEventId(id)
  if (!position) throw badToken()
  return { direction: letter === 'f' ? 'forward' : 'backward', position }
}
