import type { Outcome, ShiftRecorder } from '../deployments/feed/record-shifts.ts'
import type { Exchange } from './exchange.ts'
import type { Stage } from './prepared-api.ts'

/**
 * Counts what became of a request, for the deployment of the API that it was drawn for. What was kept of an earlier
 * answer says nothing about it: the stage's own deployment has a cache that is full, its canary's is empty.
 */
export function countShifted(exchange: Exchange, stage: Stage, shifts: Pick<ShiftRecorder, 'ended'>): void {
  if (exchange.isFromCache) return
  shifts.ended(stage.pointer.shift!, stage.deploymentId, outcomeOf(exchange), latencyOf(exchange, stage))
}

/**
 * Undefined where that says nothing of the deployment: where something had to be loaded, and of methods whose answers
 * the stage keeps, since those of the stage's own deployment come to the back end seldom, and are others.
 */
export const latencyOf = (exchange: Exchange, stage: Stage): number | undefined =>
  exchange.isCold || isKept(exchange, stage) ? undefined : exchange.gateway.clock() - exchange.receivedAt

/** Whether the stage's own deployment keeps answers to such requests, as `StageCaching` says of what is served. */
function isKept({ httpMethod, settings, isFromCache }: Exchange, { pointer }: Stage): boolean {
  if (isFromCache !== undefined) return true
  if (!pointer.cache || !settings?.cache) return false
  return httpMethod === 'GET' || settings.cache !== pointer.settings?.['*/*']?.cache
}

/** What limits refuse says nothing about a deployment. */
const outcomeOf = ({ admittance, response }: Exchange): Outcome =>
  admittance?.refusal ? 'throttled' : countedAs(response?.status ?? 500)

/** What an answer of this status counts as. */
export function countedAs(status: number): Outcome {
  if (status >= 500) return 'error'
  if (status === 429) return 'throttled'
  return status >= 400 ? 'refused' : 'ok'
}
