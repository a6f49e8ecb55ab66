import type { Env } from './env.ts'
import type { Terminal } from './functions/process/terminal.ts'
import { logGroupOf } from './gateway/logs/log-destination.ts'
import { consoleSink, type LogLine, type LogSink } from './gateway/logs/log-sink.ts'
import { terminalLines } from './gateway/logs/terminal-lines.ts'
import type { LogEvent, LogIntake } from './observability/logs/log-event.ts'

/**
 * Where the logs of stages go: to their groups, and under the development server into its terminal. What has no group
 * here, as a Firehose stream has none, is printed by the Worker, whose output Cloudflare keeps as its operator has set.
 *
 * @param logs absent where the operator wants no logs kept: all of them are printed then
 */
export function gatewayLogSink(
  env: Env,
  terminal: Terminal | undefined,
  logs: LogIntake | undefined,
  random: () => number,
): LogSink {
  const isShown = terminal !== undefined && env.WEIR_PRINT_LOGS !== '0'
  const stream = streamName(Math.floor(random() * STREAMS))
  return {
    write(lines) {
      const printed = logs ? writeToGroups(lines, logs, stream) : lines
      if (isShown) {
        const shown = terminalLines(lines)
        if (shown) terminal.print(shown)
      } else if (!terminal && printed.length > 0) consoleSink.write(printed)
    },
  }
}

/** API Gateway, too, spreads the lines of a group over streams whose names say nothing; one isolate writes to one. */
const STREAMS = 64

const streamName = (number: number): string => number.toString(16).padStart(2, '0').repeat(16)

/** @returns what has no group here */
function writeToGroups(lines: readonly LogLine[], logs: LogIntake, stream: string): LogLine[] {
  const homeless: LogLine[] = []
  const byGroup = new Map<string, { readonly first: LogLine; readonly events: LogEvent[] }>()
  for (const line of lines) {
    if (line.isHint) continue
    const key = `${line.account}/${line.region}/${line.destination}`
    let into = byGroup.get(key)
    if (!into) {
      into = { first: line, events: [] }
      byGroup.set(key, into)
    }
    into.events.push({ timestamp: line.at, message: line.message })
  }
  for (const { first, events } of byGroup.values()) {
    const { destination, account, region } = first
    const group = logGroupOf(destination, { id: account, region })
    if (group === undefined) {
      homeless.push(...events.map(({ timestamp, message }) => ({ ...first, at: timestamp, message })))
      continue
    }
    // What is told of a request's execution begins when it came, and is told when it was answered.
    events.sort((a, b) => a.timestamp - b.timestamp)
    logs.write({ id: account, region }, group, { stream, events })
  }
  return homeless
}
