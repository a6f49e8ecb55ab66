import type { Exchange } from '../exchange.ts'
import { ERRORS_5XX, OTHER_4XX, type Outcome, OVER_BUDGET, OVER_QUOTA, THROTTLED } from '../method-usage.ts'
import type { Stage } from '../prepared-api.ts'
import type { MetricsNoted } from '../request-metrics.ts'
import { countShifted } from '../shifted-requests.ts'

/**
 * Counts the request for its method and key, by what became of it, and measures it. Of a stage that there is not nobody
 * counts any.
 */
export function count(exchange: Exchange): void {
  const { gateway, stage, route, admittance } = exchange
  if (stage?.pointer.shift && gateway.shifts) countShifted(exchange, stage, gateway.shifts)
  if (!stage) return
  const now = gateway.clock()
  if (gateway.metrics) measure(exchange, stage, gateway.metrics, now)
  if (!gateway.counts) return
  const usage = route ? stage.usage.of(route.method, exchange.httpMethod) : stage.usageOfNone
  const keyId = admittance?.key?.keyId ?? ''
  usage.count(gateway.counts, keyId, outcomeOf(exchange), now)
}

function measure(exchange: Exchange, stage: Stage, metrics: MetricsNoted, now: number): void {
  const { route, response, receivedAt, integrationMs, isFromCache } = exchange
  const measured = route ? stage.metrics.of(route.method, exchange.httpMethod) : stage.metrics.ofNone
  measured.add({ status: response?.status ?? 500, latencyMs: now - receivedAt, integrationMs, isFromCache })
  metrics.noted(measured, now)
}

/** By why it was refused, not by its status, which the API's owner may have chosen. */
function outcomeOf({ admittance, response }: Exchange): Outcome {
  const reason = admittance?.refusal?.reason
  if (reason === 'throttled') return THROTTLED
  if (reason === 'quota-exceeded') return OVER_QUOTA
  if (reason === 'budget-exceeded') return OVER_BUDGET
  const status = response?.status ?? 500
  if (status >= 500) return ERRORS_5XX
  return status >= 400 ? OTHER_4XX : 0
}
