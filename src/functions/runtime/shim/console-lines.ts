import { CONTINUED } from '../shim-manifest.ts'
import type { NativeRequire } from './package-files.ts'

type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL'
const SEVERITY: Record<Level, number> = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 }

/** A function that logs without end must not take the isolate's memory: characters kept of one call. */
const KEPT = 2 * 1024 * 1024

/** What one call has written so far. */
export interface CallLines {
  /** `undefined` while the function is being loaded. */
  requestId: string | undefined
  text: string
  /** Nothing more is kept. */
  cut: boolean
}

/**
 * What a function writes to its console and to standard output, as the lines that Lambda's runtime makes of it:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export class ConsoleLines {
  readonly #require: NativeRequire
  readonly #current: () => CallLines
  readonly #isJson: boolean
  readonly #lowest: number

  /** @param current of the call that writes */
  constructor(
    require: NativeRequire,
    variables: Record<string, string | undefined>,
    current: () => CallLines,
  ) {
    this.#require = require
    this.#current = current
    this.#isJson = variables.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON'
    const level = variables.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? ''
    // Levels apply to structured logs only.
    this.#lowest = this.#isJson && level in SEVERITY ? SEVERITY[level as Level] : 0
  }

  get requestId(): string | undefined {
    return this.#current().requestId
  }

  /** What goes to standard output as it is. */
  raw(text: string): void {
    const lines = this.#current()
    if (lines.cut) return
    if (lines.text.length + text.length > KEPT) {
      lines.cut = true
      lines.text += text.slice(0, KEPT - lines.text.length)
      lines.text += `\n[Log output beyond ${KEPT} characters is dropped]\n`
    } else {
      lines.text += text
    }
  }

  write(level: Level, parameters: unknown[]): void {
    if (SEVERITY[level] < this.#lowest) return
    const time = new Date().toISOString()
    if (this.#isJson) this.raw(`${this.#json(time, level, parameters)}\n`)
    else this.raw(`${time}\t${this.requestId}\t${level}\t${asOneEvent(this.format(parameters))}\n`)
  }

  #json(time: string, level: Level, parameters: unknown[]): string {
    const record: Record<string, unknown> = { timestamp: time, level, requestId: this.requestId }
    try {
      if (parameters.length === 1) {
        return JSON.stringify({ ...record, message: parameters[0] }, (_, value: unknown) =>
          value instanceof Error ? describe(value) : value,
        )
      }
      const error = parameters.find(parameter => parameter instanceof Error)
      if (error) {
        return JSON.stringify({ ...record, message: this.format(parameters), ...(describe(error) as object) })
      }
    } catch {
      // What JSON cannot say, text can.
    }
    record.message = this.format(parameters)
    return JSON.stringify(record)
  }

  /** `util.format`, without loading node:util for what it would not change. */
  format(parameters: unknown[]): string {
    const [first] = parameters
    const isPlain =
      parameters.every(isPlainText) &&
      !(typeof first === 'string' && parameters.length > 1 && first.includes('%'))
    if (isPlain) return parameters.join(' ')
    return this.#util().format(...parameters)
  }

  #util() {
    return this.#require('node:util') as typeof import('node:util')
  }

  /** Puts this in the place of the isolate's console, whose lines would reach the host's log only. */
  install(target: Console): void {
    const log =
      (level: Level) =>
      (...parameters: unknown[]) =>
        this.write(level, parameters)
    const counts = new Map<string, number>()
    const timers = new Map<string, number>()
    const elapsed = (label: string) =>
      `${label}: ${(Date.now() - (timers.get(label) ?? Date.now())).toFixed(3)}ms`
    Object.assign(target, {
      trace: log('TRACE'),
      debug: log('DEBUG'),
      info: log('INFO'),
      log: log('INFO'),
      warn: log('WARN'),
      error: log('ERROR'),
      fatal: log('FATAL'),
      group: (...parameters: unknown[]) => parameters.length > 0 && this.write('INFO', parameters),
      groupCollapsed: (...parameters: unknown[]) => parameters.length > 0 && this.write('INFO', parameters),
      groupEnd: () => {},
      dir: (value: unknown, options?: object) =>
        this.raw(`${this.#util().inspect(value, { customInspect: false, ...options })}\n`),
      dirxml: log('INFO'),
      table: log('INFO'),
      assert: (condition: unknown, ...parameters: unknown[]) => {
        if (condition) return
        if (typeof parameters[0] === 'string') parameters[0] = `Assertion failed: ${parameters[0]}`
        else parameters.unshift('Assertion failed')
        this.write('WARN', parameters)
      },
      count: (label = 'default') => {
        counts.set(label, (counts.get(label) ?? 0) + 1)
        this.write('INFO', [`${label}: ${counts.get(label)}`])
      },
      countReset: (label = 'default') => counts.delete(label),
      time: (label = 'default') => timers.set(label, Date.now()),
      timeLog: (label = 'default', ...parameters: unknown[]) =>
        this.write('INFO', [elapsed(label), ...parameters]),
      timeEnd: (label = 'default') => {
        this.write('INFO', [elapsed(label)])
        timers.delete(label)
      },
    })
  }
}

/** What is logged at once is one event of the log, of however many lines; what goes to standard output is one by the line. */
const asOneEvent = (text: string): string => (text.includes('\n') ? text.replaceAll('\n', CONTINUED) : text)

function isPlainText(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return !Object.is(value, -0)
    default:
      return false
  }
}

const describe = (error: Error) => ({
  errorType: error.constructor?.name ?? 'UnknownError',
  errorMessage: error.message,
  stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  ...error,
})
