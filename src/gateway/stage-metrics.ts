import type { Account } from '../lib/account.ts'
import type { MethodSettingsTable } from './method-settings.ts'
import { PerMethod } from './per-method.ts'
import type { PreparedMethod } from './prepared-api.ts'
import { type MeasuredOf, RequestMetrics } from './request-metrics.ts'

/** What requests of a stage add to: those of methods with detailed metrics apart, all others together. */
export class StageMetrics {
  /** Of requests that no method fits, and of all methods without detailed metrics. */
  readonly ofNone: RequestMetrics
  readonly #ofMethods: PerMethod<RequestMetrics> | undefined

  constructor(account: Account, of: MeasuredOf, settings: MethodSettingsTable | undefined) {
    this.ofNone = new RequestMetrics(account, of)
    if (!settings) return
    this.#ofMethods = new PerMethod((method, httpMethod) => {
      if (!settings.of(method, httpMethod)?.metricsEnabled) return this.ofNone
      const { resourcePath } = method
      return new RequestMetrics(account, { ...of, method: { httpMethod, resourcePath } })
    })
  }

  of(method: PreparedMethod, httpMethod: string): RequestMetrics {
    return this.#ofMethods?.of(method, httpMethod) ?? this.ofNone
  }
}
