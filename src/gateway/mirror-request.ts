import { Buffer } from 'node:buffer'
import { isSameJson } from '../deployments/feed/same-answer.ts'
import type { Shift } from '../deployments/feed/shift.ts'
import { Exchange, type Reply } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { Stage } from './prepared-api.ts'
import type { BodyRead } from './request-body.ts'
import { countedAs, latencyOf } from './shifted-requests.ts'
import type { CanaryPointer } from './snapshot.ts'

/** A request as another deployment of its API gets it: by whom it is, and that it may be made, is known already. */
class Copy extends Exchange {
  readonly #original: Exchange

  constructor(original: Exchange, gateway: Gateway) {
    super(original.request, original.address, gateway, original.caller, original.href)
    this.#original = original
    this.authorization = original.authorization
    this.apiKey = original.apiKey
  }

  override body(): BodyRead | Promise<BodyRead> {
    return this.#original.body()
  }

  override get hasReadBody(): boolean {
    return this.#original.hasReadBody
  }
}

/**
 * Has the new deployment of a stage answer a copy of a request that the old one has answered, if it is to have one: the
 * answers are compared, and nobody gets the copy's. A body that was streamed to the back end cannot be had again, so
 * there is no copy then.
 *
 * @param answer makes the copy's answer, asking neither authorizers nor limits
 */
export function mirror(exchange: Exchange, answer: (copy: Exchange) => Promise<Response>): void {
  const { gateway, stage } = exchange
  const shift = stage?.pointer.shift
  const canary = shift && stage.pointer.canary
  // An old pointer does not say whether the deployment has gone back since.
  if (!canary || stage.isCanary || exchange.isStale || !gateway.shifts) return
  if (exchange.request.body !== null && !exchange.hasReadBody) return
  if (!gateway.shifts.mirrors(shift)) return
  gateway.defer(
    answerCopy(exchange, stage, shift, canary, answer).catch(error => {
      gateway.shifts?.mirrored(shift, undefined, undefined, undefined)
      gateway.report(error, exchange.ids.requestId)
    }),
  )
}

async function answerCopy(
  exchange: Exchange,
  { name, pointer, apiName }: Stage,
  shift: Shift,
  canary: CanaryPointer,
  answer: (copy: Exchange) => Promise<Response>,
): Promise<void> {
  const { gateway, address, httpMethod, reply } = exchange
  const shifts = gateway.shifts!
  const api = await gateway.snapshots.get(canary.snapshot)
  const copy = new Copy(exchange, gateway)
  // One of its own: that of real requests goes by their generation, and has their limits.
  const stage = new Stage(api, name, pointer, canary, 0, apiName)
  copy.stage = stage
  const found = api.find(httpMethod, address.rawPath)
  if (!found) return shifts.mirrored(shift, 'refused', undefined, false)
  // A back end that is streamed to takes the request's own body, which is used up.
  if (exchange.hasReadBody && !found.method.readsBody && found.method.callsBackEnd)
    return shifts.mirrored(shift, undefined, undefined, undefined)
  copy.route = { api, stage, method: found.method, pathParameters: found.parameters }
  const response = await answer(copy)
  shifts.mirrored(shift, countedAs(response.status), latencyOf(copy, stage), isSameReply(reply!, copy.reply))
  await response.body?.cancel()
}

/** Undefined where an answer is streamed. */
function isSameReply(one: Reply, other: Reply | undefined): boolean | undefined {
  if (!other || one.status !== other.status) return false
  if (one.body instanceof ReadableStream || other.body instanceof ReadableStream) return undefined
  const [text, otherText] = [textOf(one.body), textOf(other.body)]
  return isSameJson(text, otherText)
}

const textOf = (body: string | Uint8Array | null): string =>
  typeof body === 'string' ? body : Buffer.from(body ?? []).toString('latin1')
