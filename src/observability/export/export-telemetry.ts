import type { Account } from '../../lib/account.ts'
import type { FlushCycle } from '../../lib/flush-cycle.ts'
import type { LogLines } from '../logs/log-event.ts'
import { condenseSamples } from '../metrics/condense-samples.ts'
import type { MetricSample } from '../metrics/metric-sample.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Segment } from '../traces/segment.ts'
import { otlpLogs } from './otlp-logs.ts'
import { otlpMetrics } from './otlp-metrics.ts'
import { otlpTraces } from './otlp-traces.ts'

/** Where a collector takes OTLP over HTTP. */
export interface Collector {
  /** `https://collector.example:4318`: `/v1/traces`, `/v1/logs` and `/v1/metrics` are below it. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
}

export interface ExportOptions {
  readonly collector: Collector
  readonly cycle: FlushCycle
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** How long metrics are added up, milliseconds. */
  readonly bucketMs: number
}

/**
 * As OpenTelemetry's variables have them: `OTEL_EXPORTER_OTLP_HEADERS` is `key=value,other=value`, percent-encoded.
 *
 * @returns undefined without an endpoint: nothing is exported
 */
export function collectorOf(
  endpoint: string | undefined,
  headers: string | undefined,
): Collector | undefined {
  if (!endpoint) return undefined
  const pairs = (headers ?? '').split(',').flatMap(pair => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const] : []
  })
  return { endpoint: endpoint.replace(/\/+$/, ''), headers: Object.fromEntries(pairs) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Things that wait for a collector, of each kind; what is more is lost, the oldest first. */
const MOST_WAITING = 5_000

/** Time that a collector has for an answer. */
const PATIENCE_MS = 10_000

/** Answers after which the same may be sent again: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504])

/** Hands on what an isolate tells, and tells it to a collector, too. */
export function exportTelemetry(telemetry: Telemetry, options: ExportOptions): Telemetry {
  const { cycle, bucketMs } = options
  let since = cycle.now()
  const traces = new Outlet<{ account: Account; segment: Segment }>('traces', otlpTraces, options)
  const logs = new Outlet<{ account: Account; group: string; lines: LogLines }>('logs', otlpLogs, options)
  const metrics = new Outlet<{ account: Account; sample: MetricSample }>(
    'metrics',
    told => {
      const [from, to] = [since, cycle.now()]
      since = to
      return otlpMetrics(condensed(told, bucketMs), from, to)
    },
    options,
  )
  return {
    traces: {
      record(account, segment) {
        telemetry.traces.record(account, segment)
        traces.add({ account, segment })
      },
    },
    logs: {
      write(account, group, lines) {
        telemetry.logs.write(account, group, lines)
        logs.add({ account, group, lines })
      },
    },
    metrics: {
      record(account, sample) {
        telemetry.metrics.record(account, sample)
        metrics.add({ account, sample })
      },
    },
  }
}

/** One point for each labels and metric, and not one for each call. */
function condensed(
  told: readonly { readonly account: Account; readonly sample: MetricSample }[],
  bucketMs: number,
): { account: Account; sample: MetricSample }[] {
  const byAccount = Map.groupBy(told, ({ account: { id, region } }) => `${id}/${region}`)
  return [...byAccount.values()].flatMap(of =>
    condenseSamples(
      of.map(({ sample }) => sample),
      bucketMs,
    ).map(sample => ({ account: of[0]!.account, sample })),
  )
}

/** What waits to be sent to one of a collector's addresses. */
class Outlet<T> {
  readonly #path: string
  readonly #write: (told: readonly T[]) => object
  readonly #options: ExportOptions
  #waiting: T[] = []
  #lost = 0
  #isSending = false

  constructor(path: string, write: (told: readonly T[]) => object, options: ExportOptions) {
    this.#path = path
    this.#write = write
    this.#options = options
    options.cycle.join(() => this.#flush())
  }

  add(item: T): void {
    this.#waiting.push(item)
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift()
      this.#lost += 1
    }
    this.#options.cycle.wanted(this.#options.cycle.now())
  }

  /** Never rejects: a collector that does not answer costs what it was not told, and nothing else. */
  async #flush(): Promise<void> {
    if (this.#isSending || this.#waiting.length === 0) return
    const sent = this.#waiting
    this.#waiting = []
    this.#isSending = true
    if (this.#lost > 0)
      console.error(`${this.#lost} ${this.#path} were not exported: the collector takes too few`)
    this.#lost = 0
    try {
      const again = await this.#send(JSON.stringify(this.#write(sent)))
      if (again) this.#waiting = [...sent, ...this.#waiting].slice(-MOST_WAITING)
    } catch (error) {
      this.#waiting = [...sent, ...this.#waiting].slice(-MOST_WAITING)
      console.warn(`${this.#path} could not be exported; they wait`, error)
    } finally {
      this.#isSending = false
    }
  }

  /** @returns whether to send it again */
  async #send(body: string): Promise<boolean> {
    const { collector, fetch } = this.#options
    const response = await fetch(`${collector.endpoint}/v1/${this.#path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...collector.headers },
      body,
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.body?.cancel()
    if (response.ok) return false
    console.warn(`the collector answered ${response.status} to ${this.#path}`)
    return RETRYABLE.has(response.status)
  }
}
