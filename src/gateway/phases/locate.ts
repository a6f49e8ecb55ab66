import { OLD_VERSION } from '../../deployments/feed/record-shifts.ts'
import type { Shift } from '../../deployments/feed/shift.ts'
import { ownField } from '../../lib/fields.ts'
import { REFUSED } from '../../protection/stranger-guard.ts'
import { findPreflight } from '../cors.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import { REFUSALS } from '../gateway-responses.ts'
import { arnTooLong, tooLarge } from '../limits.ts'
import type { CanaryPointer, StagePointer } from '../snapshot.ts'
import { askAdmission } from './admit.ts'
import { beginObserving } from './observe.ts'

/** Finds the API, its stage, and the method that serves the request. */
export async function locate(exchange: Exchange): Promise<PhaseResult> {
  const { gateway, address } = exchange
  // A custom domain maps nothing to the path.
  if (address.apiId === '') return REFUSALS.forbidden
  try {
    const pointing = gateway.pointers.get(address.apiId, exchange.sourceIp)
    const pointer = pointing instanceof Promise ? await pointing : pointing
    // Whoever asks for too many APIs that there are not is not told which there are.
    if (pointer === REFUSED) return REFUSALS.forbidden
    const stagePointer = pointer && ownField(pointer.doc.stages, address.stage)
    if (!stagePointer) return REFUSALS.forbidden
    exchange.isStale = pointer.stale
    const served = drawServed(exchange, stagePointer, pointer.stale)
    const preparing = gateway.snapshots.get(served.snapshot)
    exchange.isCold = preparing instanceof Promise
    const api = preparing instanceof Promise ? await preparing : preparing
    // Closed is as if it were not there: nothing that the owner set for answers holds.
    if (api.disableExecuteApiEndpoint && address.basePath === undefined) return REFUSALS.forbidden
    const stage = api.stage(address.stage, stagePointer, served, pointer.generation, pointer.doc.name)
    exchange.stage = stage
    exchange.cors = api.cors
    const found = findPreflight(exchange, api) ?? api.find(exchange.httpMethod, address.rawPath)
    if (found) exchange.route = { api, stage, method: found.method, pathParameters: found.parameters }
    beginObserving(exchange)
    // Not before the API is known: its owner may have worded this refusal.
    const oversize = tooLarge(exchange)
    if (oversize) return oversize
    if (!found) return { type: 'MISSING_AUTHENTICATION_TOKEN' }
  } catch (error) {
    // The pointer's object or the store is out of reach: no fault of the client's, and over as soon as it is back.
    gateway.report(error, exchange.ids.requestId)
    return REFUSALS.unavailable
  }
  if (exchange.located.method.definition.authorizationType !== 'NONE') {
    const refusal = arnTooLong(exchange)
    if (refusal) return refusal
  }
  beginEarly(exchange)
}

/**
 * The stage or its canary. Drawn for each request on its own, so the share holds over all isolates, and exactly at 0 and
 * at 100; while a deployment moves the stage's requests, by what may keep a client on its version.
 */
function drawServed(exchange: Exchange, stage: StagePointer, isStale: boolean): StagePointer | CanaryPointer {
  const { canary, shift } = stage
  if (!canary) return stage
  const { shifts, random } = exchange.gateway
  if (shift && shifts?.warms(shift)) load(exchange, canary, shift)
  // An old pointer does not say whether the deployment has gone back since.
  const draw = shift && shifts ? (isStale ? OLD_VERSION : shifts.draw(shift, exchange)) : random()
  return draw * 100 < canary.percentTraffic ? canary : stage
}

/** The deployment that a shift brings is read before its first request comes: then it is as warm as it ever is. */
function load({ gateway, ids }: Exchange, { snapshot }: CanaryPointer, shift: Shift): void {
  const loaded = async () => {
    await gateway.snapshots.get(snapshot)
    gateway.shifts?.warmed(shift, shift.prewarm ?? 0)
  }
  gateway.defer(loaded().catch(error => gateway.report(error, ids.requestId)))
}

/**
 * What takes a round trip begins here: whether the request may be made, and meanwhile the body. With an authorizer in
 * between nobody is asked yet: who is turned away must not use up anything.
 */
function beginEarly(exchange: Exchange): void {
  const { readsBody, guard } = exchange.located.method
  if (guard) return
  exchange.admission = askAdmission(exchange)
  if (!(exchange.admission instanceof Promise)) return
  exchange.admission.catch(() => {})
  if (!readsBody) return
  const reading = exchange.body()
  if (reading instanceof Promise) reading.catch(() => {})
}
