import type {
  CallRecorder,
  EndedCall,
  EventMetric,
  RecordedEvent,
  RecordedFunction,
} from './functions/call-recorder.ts'
import { addEvents, type CallLog, type LoggedEvent, type LogTarget } from './functions/log-lines.ts'
import { functionPointerName } from './functions/manifest.ts'
import type { Account } from './lib/account.ts'
import type { Clock } from './lib/clock.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import type { MetricValues } from './observability/metrics/metric-sample.ts'
import type { Telemetry } from './observability/telemetry.ts'

export interface FunctionTelemetryOptions {
  readonly telemetry: Pick<Telemetry, 'logs' | 'metrics'>
  readonly cycle: FlushCycle
  readonly clock: Clock
}

/** Functions that are remembered while nobody calls them: what they are measured by is made once. */
const MOST_FUNCTIONS = 2_000

/** Characters of logs that wait for the next flush; with more it comes at once. */
const MOST_LOGGED = 4 * 1024 * 1024

/** Of the lines that stand round a function's own. */
const FRAME_CHARACTERS = 250

const NAMESPACE = 'AWS/Lambda'
const COUNT = 'Count'
const MILLISECONDS = 'Milliseconds'
const ONE = [1]
const ZERO_AND_ONE = [0, 1]

/**
 * Tells the logs and metrics of functions. A call costs some additions and a place in a list; lines and samples are made
 * when the isolate tells of all of them.
 *
 * Metrics and dimensions: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export class FunctionTelemetry implements CallRecorder {
  readonly #options: FunctionTelemetryOptions
  readonly #functions = new Map<string, FunctionMetrics>()
  readonly #accounts = new Map<string, AccountConcurrency>()
  /** What something is to be told of. */
  readonly #noted = new Set<FunctionMetrics>()
  #calls: { readonly account: Account; readonly log: CallLog }[] = []
  #logged = 0

  constructor(options: FunctionTelemetryOptions) {
    this.#options = options
    options.cycle.joinBefore(() => this.#gather())
  }

  of(pointerName: string, account: Account, name: string): RecordedFunction {
    return this.#metricsOf(pointerName, account, name)
  }

  event({ account, name, qualifier }: RecordedEvent, metric: EventMetric, value: number): void {
    const of = this.#metricsOf(functionPointerName(account, name), account, name)
    of.series(qualifier, undefined).add(metric, value)
    this.noted(of)
  }

  /** Something was added to what is known of a function; `log`: of a call that ended. */
  noted(of: FunctionMetrics, log?: CallLog): void {
    const { cycle, clock } = this.#options
    this.#noted.add(of)
    if (log) {
      this.#calls.push({ account: of.account, log })
      this.#logged += log.lines.length + FRAME_CHARACTERS
    }
    if (this.#logged > MOST_LOGGED) cycle.overdue()
    else cycle.wanted(clock())
  }

  /** Forgets what was not told yet; only a reset of the local account does this. */
  forget(): void {
    this.#calls = []
    this.#logged = 0
    this.#noted.clear()
    this.#functions.clear()
  }

  #metricsOf(pointerName: string, account: Account, name: string): FunctionMetrics {
    let known = this.#functions.get(pointerName)
    if (!known) {
      known = new FunctionMetrics(this, this.#concurrencyOf(account), account, name)
      this.#functions.set(pointerName, known)
    }
    return known
  }

  #concurrencyOf(account: Account): AccountConcurrency {
    const key = `${account.id}/${account.region}`
    let known = this.#accounts.get(key)
    if (!known) {
      known = new AccountConcurrency(account)
      this.#accounts.set(key, known)
    }
    return known
  }

  #gather(): void {
    if (this.#noted.size === 0) return
    const { metrics } = this.#options.telemetry
    const now = this.#options.clock()
    this.#writeLogs()
    const accounts = new Set<AccountConcurrency>()
    for (const of of this.#noted) {
      for (const { labels, dimensionSets, values } of of.take())
        metrics.record(of.account, { namespace: NAMESPACE, labels, dimensionSets, at: now, values })
      accounts.add(of.concurrency)
    }
    for (const { account, gauge } of accounts) {
      const values = gauge.take()
      if (values) metrics.record(account, { namespace: NAMESPACE, ...OF_ACCOUNT, at: now, values })
    }
    this.#noted.clear()
    if (this.#functions.size > MOST_FUNCTIONS) {
      for (const [name, of] of this.#functions) if (of.isIdle) this.#functions.delete(name)
    }
  }

  #writeLogs(): void {
    const calls = this.#calls
    this.#calls = []
    this.#logged = 0
    const streams = new Map<LogTarget, { readonly account: Account; readonly events: LoggedEvent[] }>()
    for (const { account, log } of calls) {
      let into = streams.get(log.target)
      if (!into) {
        into = { account, events: [] }
        streams.set(log.target, into)
      }
      addEvents(log, into.events)
    }
    for (const [{ group, stream }, { account, events }] of streams) {
      // Calls of an isolate that lets them overlap end in another order than they began.
      events.sort((a, b) => a.timestamp - b.timestamp)
      if (events.length > 0) this.#options.telemetry.logs.write(account, group, { stream, events })
    }
  }
}

/** How many calls are under way in this isolate, and how many there were at most. */
class Gauge {
  #now = 0
  #peak = 0

  get isZero(): boolean {
    return this.#now === 0
  }

  up(): void {
    this.#now += 1
    if (this.#now > this.#peak) this.#peak = this.#now
  }

  down(): void {
    this.#now -= 1
  }

  take(): Record<string, MetricValues> | undefined {
    const peak = this.#peak
    this.#peak = this.#now
    return peak === 0 ? undefined : { ConcurrentExecutions: { unit: COUNT, values: [peak] } }
  }
}

class AccountConcurrency {
  readonly account: Account
  readonly gauge = new Gauge()

  constructor(account: Account) {
    this.account = account
  }
}

const OF_ACCOUNT = { labels: Object.freeze({}), dimensionSets: Object.freeze([Object.freeze([])]) }
const OF_FUNCTION = Object.freeze([Object.freeze(['FunctionName'])])
const OF_RESOURCE = Object.freeze([
  ...OF_ACCOUNT.dimensionSets,
  ...OF_FUNCTION,
  Object.freeze(['FunctionName', 'Resource']),
])
const OF_EXECUTED_VERSION = Object.freeze([
  ...OF_RESOURCE,
  Object.freeze(['FunctionName', 'Resource', 'ExecutedVersion']),
])

interface Taken {
  readonly labels: Readonly<Record<string, string>>
  readonly dimensionSets: readonly (readonly string[])[]
  readonly values: Record<string, MetricValues>
}

class FunctionMetrics implements RecordedFunction {
  readonly account: Account
  readonly concurrency: AccountConcurrency
  readonly #telemetry: FunctionTelemetry
  readonly #labels: Readonly<Record<string, string>>
  readonly #name: string
  readonly #gauge = new Gauge()
  /** By qualifier and by version, which is missing where nothing ran. */
  readonly #series = new Map<string | undefined, Map<string | undefined, Series>>()

  constructor(telemetry: FunctionTelemetry, concurrency: AccountConcurrency, account: Account, name: string) {
    this.#telemetry = telemetry
    this.concurrency = concurrency
    this.account = account
    this.#name = name
    this.#labels = Object.freeze({ FunctionName: name })
  }

  get isIdle(): boolean {
    return this.#gauge.isZero
  }

  began(): void {
    this.#gauge.up()
    this.concurrency.gauge.up()
  }

  ended({ qualifier, version, failed, durationMs, log }: EndedCall): void {
    this.#isOver()
    this.series(qualifier, version).ended(failed, durationMs)
    this.#telemetry.noted(this, log)
  }

  cutOff(): void {
    this.#isOver()
  }

  throttled(qualifier: string | undefined): void {
    this.series(qualifier, undefined).add('Throttles', 1)
    this.#telemetry.noted(this)
  }

  /** What was noted since the last time. */
  *take(): Generator<Taken> {
    const concurrency = this.#gauge.take()
    if (concurrency) yield { labels: this.#labels, dimensionSets: OF_FUNCTION, values: concurrency }
    for (const byVersion of this.#series.values()) {
      for (const series of byVersion.values()) {
        const taken = series.take()
        if (taken) yield taken
      }
    }
  }

  series(qualifier: string | undefined, version: string | undefined): Series {
    let byVersion = this.#series.get(qualifier)
    if (!byVersion) {
      byVersion = new Map()
      this.#series.set(qualifier, byVersion)
    }
    let series = byVersion.get(version)
    if (!series) {
      series = new Series(this.#name, qualifier, version)
      byVersion.set(version, series)
    }
    return series
  }

  #isOver(): void {
    this.#gauge.down()
    this.concurrency.gauge.down()
  }
}

const VERSION = /^(?:\$LATEST|\d+)$/

/** What has the same labels. */
class Series {
  readonly #labels: Readonly<Record<string, string>>
  readonly #dimensionSets: readonly (readonly string[])[]
  #calls = 0
  #errors = 0
  #durations = new Map<number, number>()
  #others: Map<string, number[]> | undefined

  constructor(name: string, qualifier: string | undefined, version: string | undefined) {
    const Resource = qualifier === undefined ? name : `${name}:${qualifier}`
    // Of an alias alone it is worth knowing which version it led to.
    const isOfAlias = version !== undefined && qualifier !== undefined && !VERSION.test(qualifier)
    this.#labels = Object.freeze({
      FunctionName: name,
      Resource,
      ...(isOfAlias && { ExecutedVersion: version }),
    })
    this.#dimensionSets = isOfAlias ? OF_EXECUTED_VERSION : OF_RESOURCE
  }

  ended(failed: boolean, durationMs: number): void {
    this.#calls += 1
    if (failed) this.#errors += 1
    this.#durations.set(durationMs, (this.#durations.get(durationMs) ?? 0) + 1)
  }

  add(metric: EventMetric | 'Throttles', value: number): void {
    this.#others ??= new Map()
    const values = this.#others.get(metric)
    if (values) values.push(value)
    else this.#others.set(metric, [value])
  }

  take(): Taken | undefined {
    if (this.#calls === 0 && !this.#others) return undefined
    const values: Record<string, MetricValues> = {}
    if (this.#calls > 0) {
      const [calls, errors, durations] = [this.#calls, this.#errors, this.#durations]
      values.Invocations = { unit: COUNT, values: ONE, counts: [calls] }
      // With a nought for every call that went well, their average is the share of those that did not.
      values.Errors = { unit: COUNT, values: ZERO_AND_ONE, counts: [calls - errors, errors] }
      values.Throttles = { unit: COUNT, values: [0], counts: [calls] }
      values.Duration = { unit: MILLISECONDS, values: [...durations.keys()], counts: [...durations.values()] }
    }
    for (const [metric, added] of this.#others ?? []) {
      const throttled = metric === 'Throttles' && this.#calls > 0 ? this.#calls : 0
      const unit = metric === 'AsyncEventAge' ? MILLISECONDS : COUNT
      values[metric] = throttled
        ? { unit, values: ZERO_AND_ONE, counts: [throttled, added.length] }
        : { unit, values: added }
    }
    this.#calls = 0
    this.#errors = 0
    this.#durations = new Map()
    this.#others = undefined
    return { labels: this.#labels, dimensionSets: this.#dimensionSets, values }
  }
}
