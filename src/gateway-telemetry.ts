import type { MetricsNoted, RequestMetrics } from './gateway/request-metrics.ts'
import type { Clock } from './lib/clock.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import type { MetricIntake } from './observability/metrics/metric-sample.ts'

export interface GatewayTelemetryOptions {
  readonly metrics: MetricIntake
  readonly cycle: FlushCycle
  readonly clock: Clock
}

const NAMESPACE = 'AWS/ApiGateway'

/** Tells the metrics of APIs when the isolate tells of all that it did. */
export class GatewayTelemetry implements MetricsNoted {
  readonly #options: GatewayTelemetryOptions
  readonly #noted = new Set<RequestMetrics>()

  constructor(options: GatewayTelemetryOptions) {
    this.#options = options
    options.cycle.joinBefore(() => this.#gather())
  }

  noted(metrics: RequestMetrics, now: number): void {
    this.#noted.add(metrics)
    this.#options.cycle.wanted(now)
  }

  /** Forgets what was not told yet; only a reset of the local account does this. */
  forget(): void {
    for (const noted of this.#noted) noted.take()
    this.#noted.clear()
  }

  #gather(): void {
    const { metrics, clock } = this.#options
    const at = clock()
    for (const noted of this.#noted)
      for (const sums of noted.take()) metrics.record(noted.account, { namespace: NAMESPACE, ...sums, at })
    this.#noted.clear()
  }
}
