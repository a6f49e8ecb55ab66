import type { LogLine } from './log-sink.ts'

const EXECUTION_LOG = 'API-Gateway-Execution-Logs_'
const CANARY = '/Canary'

/**
 * Lines of stages' logs as a developer reads them: each behind a short name of its log, `a1b2c3d4e5/prod | ...`, and
 * once. Of a canary's request the groups of both the stage and the canary have every line; the one that is shown says
 * that it was the canary's. Empty where nothing is left to show.
 */
export function terminalLines(lines: ReadonlyArray<Pick<LogLine, 'destination' | 'message'>>): string {
  const keyOf = (destination: string, message: string): string => `${destination}\n${message}`
  const ofCanaries = new Set(
    lines
      .filter(({ destination }) => isExecution(destination) && destination.endsWith(CANARY))
      .map(({ destination, message }) => keyOf(destination.slice(0, -CANARY.length), message)),
  )
  return lines
    .filter(({ destination, message }) =>
      isExecution(destination)
        ? !ofCanaries.has(keyOf(destination, message))
        : // What a canary's access log has, the stage's has too.
          !destination.startsWith('API-Gateway-Access-Logs_'),
    )
    .map(({ destination, message }) => `${shortName(destination)} | ${message}`)
    .join('\n')
}

const isExecution = (destination: string): boolean => destination.startsWith(EXECUTION_LOG)

/** `arn:aws:logs:us-east-1:123456789012:log-group:/apis/prod` is `/apis/prod`, a Firehose's the name of its stream. */
const shortName = (destination: string): string =>
  isExecution(destination)
    ? destination.slice(EXECUTION_LOG.length)
    : destination.replace(
        /^arn:[^:]*:(?:logs:[^:]*:[^:]*:log-group:|firehose:[^:]*:[^:]*:deliverystream\/)/,
        '',
      )
