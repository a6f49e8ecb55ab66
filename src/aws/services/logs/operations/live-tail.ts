import type { LiveTailSessionLogEvent, StartLiveTailResponseStream } from '@aws-sdk/client-cloudwatch-logs'
import { type Following, followGroup } from '../../../../observability/logs/follow-lines.ts'
import type { KeptEvent } from '../../../../observability/logs/kept-event.ts'
import { Message } from '../../../../observability/logs/patterns/json-message.ts'
import { choosesStream, type StreamChoice } from '../../../../observability/logs/unit.ts'
import { contextOf, findGroup, identifiedGroup, type LogsHandlers } from '../context.ts'
import { patternOf } from '../filter-patterns.ts'
import { LIMITS } from '../limits.ts'
import { invalid, invalidOperation, sessionTimeout } from '../refusals.ts'

const UPDATE_MS = 1_000

export const liveTailOperations = {
  async StartLiveTail(input, call) {
    const context = contextOf(call)
    const { logGroupIdentifiers, logStreamNames, logStreamNamePrefixes, logEventFilterPattern } = input
    const streams = chosenStreams(logStreamNames, logStreamNamePrefixes)
    if (streams && logGroupIdentifiers.length > 1) {
      throw invalid('Log streams can be chosen only where there is one log group.')
    }
    const pattern = patternOf(logEventFilterPattern)
    const groups = [
      ...new Set(
        logGroupIdentifiers.map(identifier => {
          if (!identifier.startsWith('arn:')) throw invalid('Specify each log group by its ARN.')
          if (identifier.endsWith('*')) throw invalid('The ARN of a log group does not end with an asterisk.')
          return identifiedGroup(context, identifier)
        }),
      ),
    ]
    for (const group of groups) {
      const { doc } = await findGroup(context, group)
      if (doc.class !== 'STANDARD') {
        throw invalidOperation(`Live Tail is not supported for log groups of the class ${doc.class}.`)
      }
    }
    const { env } = context.platform
    const wait = (ms: number) => scheduler.wait(ms)
    const followed = await Promise.all(
      groups.map(async group => ({
        identifier: `${context.account.id}:${group}`,
        following: await followGroup(env, context.account, group, wait),
      })),
    )
    const belongs = ({ stream, message }: KeptEvent) =>
      choosesStream(streams, stream) && pattern.matches(new Message(message))
    const sessionStart = {
      requestId: call.requestId,
      sessionId: crypto.randomUUID(),
      logGroupIdentifiers,
      logStreamNames: logStreamNames ?? [],
      logStreamNamePrefixes: logStreamNamePrefixes ?? [],
      logEventFilterPattern: logEventFilterPattern ?? '',
    }
    return {
      responseStream: sessionOf({ sessionStart }, followed, belongs, context.platform.clock, wait),
    }
  },
} satisfies LogsHandlers

interface Followed {
  readonly identifier: string
  readonly following: Following
}

async function* sessionOf(
  start: StartLiveTailResponseStream,
  followed: readonly Followed[],
  belongs: (event: KeptEvent) => boolean,
  clock: () => number,
  wait: (ms: number) => Promise<unknown>,
): AsyncGenerator<StartLiveTailResponseStream> {
  const until = clock() + LIMITS.tailMs
  try {
    yield start
    while (clock() < until) {
      await wait(UPDATE_MS)
      const found = followed.flatMap(({ identifier, following }) =>
        following
          .take()
          .filter(belongs)
          .map(event => describe(identifier, event)),
      )
      const sampled = found.length > LIMITS.tailedPerSecond
      yield {
        sessionUpdate: {
          sessionMetadata: { sampled },
          sessionResults: sampled ? sampleOf(found) : found,
        },
      }
    }
    throw sessionTimeout('The session has been open for three hours.')
  } finally {
    for (const { following } of followed) following.stop()
  }
}

/** As many as an update has, evenly from among all. */
const sampleOf = <T>(all: readonly T[]): T[] =>
  Array.from(
    { length: LIMITS.tailedPerSecond },
    (_, i) => all[Math.floor((i * all.length) / LIMITS.tailedPerSecond)]!,
  )

const describe = (
  logGroupIdentifier: string,
  { stream, message, timestamp, ingested }: KeptEvent,
): LiveTailSessionLogEvent => ({
  logStreamName: stream,
  logGroupIdentifier,
  message,
  timestamp,
  ingestionTime: ingested,
})

function chosenStreams(
  names: readonly string[] | undefined,
  prefixes: readonly string[] | undefined,
): StreamChoice | undefined {
  if (names && prefixes) {
    throw invalid('logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.')
  }
  if (names) return { names }
  return prefixes && { prefixes }
}
