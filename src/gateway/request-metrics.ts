import type { Account } from '../lib/account.ts'
import type { MetricValues } from '../observability/metrics/metric-sample.ts'

/** Is told of what there is to tell of; see {@link RequestMetrics}. */
export interface MetricsNoted {
  /** `now`: epoch milliseconds */
  noted(metrics: RequestMetrics, now: number): void
}

/** What requests of an API are measured by; https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
export interface MeasuredRequest {
  /** Of the answer. */
  readonly status: number
  readonly latencyMs: number
  /** Absent where no back end was asked. */
  readonly integrationMs: number | undefined
  /** Absent where no answers are kept. */
  readonly isFromCache: boolean | undefined
}

/** What was measured of requests with the same dimensions. */
export interface MeasuredSums {
  readonly labels: Readonly<Record<string, string>>
  readonly dimensionSets: readonly (readonly string[])[]
  readonly values: Readonly<Record<string, MetricValues>>
}

const OF_API = Object.freeze(['ApiName'])
const OF_STAGE = Object.freeze(['ApiName', 'Stage'])
const OF_METHOD = Object.freeze(['ApiName', 'Stage', 'Method', 'Resource'])
const STAGE_ALONE = Object.freeze([OF_STAGE])
const API_AND_STAGE = Object.freeze([OF_API, OF_STAGE])
const AND_METHOD = Object.freeze([OF_API, OF_STAGE, OF_METHOD])

const ONE = [1]
const ZERO_AND_ONE = [0, 1]
const COUNT = 'Count'
const MILLISECONDS = 'Milliseconds'

/**
 * Adds up the requests of a stage, or of one of its methods where these are measured apart: a request makes nothing, and
 * adds to numbers.
 */
export class RequestMetrics {
  readonly account: Account
  /** Of what each is measured for: the canary's requests count for it, too. */
  readonly #subjects: readonly Pick<MeasuredSums, 'labels' | 'dimensionSets'>[]
  #requests = 0
  #errors4xx = 0
  #errors5xx = 0
  #hits = 0
  #misses = 0
  #latencies = new Map<number, number>()
  #integrationLatencies = new Map<number, number>()

  constructor(account: Account, { apiName, stage, isCanary, method }: MeasuredOf) {
    this.account = account
    const ofStage = { ApiName: apiName, Stage: stage }
    const labels = Object.freeze(
      method ? { ...ofStage, Method: method.httpMethod, Resource: method.resourcePath } : ofStage,
    )
    const ofCanary = Object.freeze({ ApiName: apiName, Stage: `${stage}/Canary` })
    this.#subjects = [
      { labels, dimensionSets: method ? AND_METHOD : API_AND_STAGE },
      ...(isCanary ? [{ labels: ofCanary, dimensionSets: STAGE_ALONE }] : []),
    ]
  }

  add({ status, latencyMs, integrationMs, isFromCache }: MeasuredRequest): void {
    this.#requests += 1
    if (status >= 500) this.#errors5xx += 1
    else if (status >= 400) this.#errors4xx += 1
    if (isFromCache) this.#hits += 1
    else if (isFromCache === false) this.#misses += 1
    countOne(this.#latencies, latencyMs)
    if (integrationMs !== undefined) countOne(this.#integrationLatencies, integrationMs)
  }

  /** What was added since the last time. */
  take(): MeasuredSums[] {
    const requests = this.#requests
    if (requests === 0) return []
    // Of what happens or does not, there is a nought for each time that it did not: so its average is its share.
    const share = (times: number): MetricValues => ({
      unit: COUNT,
      values: ZERO_AND_ONE,
      counts: [requests - times, times],
    })
    const values: Record<string, MetricValues> = {
      Count: { unit: COUNT, values: ONE, counts: [requests] },
      '4XXError': share(this.#errors4xx),
      '5XXError': share(this.#errors5xx),
      Latency: timesOf(this.#latencies),
    }
    if (this.#integrationLatencies.size > 0) values.IntegrationLatency = timesOf(this.#integrationLatencies)
    if (this.#hits + this.#misses > 0) {
      values.CacheHitCount = share(this.#hits)
      values.CacheMissCount = share(this.#misses)
    }
    this.#requests = this.#errors4xx = this.#errors5xx = this.#hits = this.#misses = 0
    this.#latencies = new Map()
    this.#integrationLatencies = new Map()
    return this.#subjects.map(subject => ({ ...subject, values }))
  }
}

export interface MeasuredOf {
  readonly apiName: string
  readonly stage: string
  readonly isCanary: boolean
  /** Where its requests are measured apart. */
  readonly method?: { readonly httpMethod: string; readonly resourcePath: string }
}

/** "API Gateway removes non-ASCII characters from the ApiName dimension" and takes the id where nothing is left. */
export const apiNameDimension = (name: string | undefined, apiId: string): string =>
  name?.replace(/[^ -~]/g, '').trim() || apiId

function countOne(counts: Map<number, number>, value: number): void {
  counts.set(value, (counts.get(value) ?? 0) + 1)
}

const timesOf = (counts: Map<number, number>): MetricValues => ({
  unit: MILLISECONDS,
  values: [...counts.keys()],
  counts: [...counts.values()],
})
