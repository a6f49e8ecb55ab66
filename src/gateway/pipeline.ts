import type { Caller } from '../identity/caller.ts'
import type { ApiAddress } from './address.ts'
import { Exchange, type Phase } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { REFUSALS } from './gateway-responses.ts'
import { mirror } from './mirror-request.ts'
import { admit } from './phases/admit.ts'
import { authorize } from './phases/authorize.ts'
import { count } from './phases/count.ts'
import { explain } from './phases/explain.ts'
import { integrate } from './phases/integrate.ts'
import { locate } from './phases/locate.ts'
import { observe } from './phases/observe.ts'
import { recall } from './phases/recall.ts'
import { remember } from './phases/remember.ts'
import { respond } from './phases/respond.ts'
import { validate } from './phases/validate.ts'

export { createGateway, type Gateway } from './gateway.ts'

/** What happens to a request of a REST API, in this order. A phase that refuses it leaves the rest to `respond`. */
const PHASES: readonly Phase[] = [
  locate, // first: which method it is for decides everything else; starts what takes a round trip
  authorize, // before admit: a stranger must not use up a key's quota, and may bring the key by its authorizer
  admit, // before the back end: a request over its key's limit costs nothing there
  validate, // after admit: what is refused here counts against the key, as every answered request does
  recall, // before integrate: what was kept of the back end's answers need not be asked for
  integrate, // the back end sees only what passed all of that
  remember, // after integrate: keeps its answer as it came, before anything of this request is added
  respond, // always: the one place that words answers and errors as HTTP
  exchange => mirror(exchange, tryOut), // after respond, which it does not hold up: a copy for a new deployment
  explain, // after respond, which it adds a header to: which meters were asked, for the owner who wants to know
  count, // after respond, and always: how usage of the method stands, by what became of the request
  observe, // last, and always: tells the stage's logs of the answer, which waits for none of it
]

/** What a method that is tried out goes through: who may do that is the control plane's matter, and nobody counts it. */
const TRIAL_PHASES: readonly Phase[] = [validate, integrate, respond]

/** Phases that also a refused request comes to. */
const ALWAYS: ReadonlySet<Phase> = new Set<Phase>([respond, explain, count, observe])

/**
 * Answers one request of a deployed API. Never rejects.
 *
 * @param caller who calls, where that is known otherwise than by a signature
 * @param href of the request, where it was asked for already: asking makes the text anew
 */
export function serveApi(
  request: Request,
  address: ApiAddress,
  gateway: Gateway,
  caller?: Caller,
  href?: string,
): Promise<Response> {
  return run(PHASES, new Exchange(request, address, gateway, caller, href))
}

/** Answers a request whose method is known already, as it is and not as it was deployed. Never rejects. */
export const tryOut = (exchange: Exchange): Promise<Response> => run(TRIAL_PHASES, exchange)

async function run(phases: readonly Phase[], exchange: Exchange): Promise<Response> {
  for (const phase of phases) {
    if (exchange.refusal && !ALWAYS.has(phase)) continue
    try {
      const running = phase(exchange)
      const refusal = running instanceof Promise ? await running : running
      if (refusal) exchange.refusal = refusal
    } catch (error) {
      exchange.gateway.report(error, exchange.ids.requestId)
      exchange.refusal = REFUSALS.surprise
      // Wording an answer may fail; wording an error does not.
      if (phase === respond) respond(exchange)
    }
  }
  return exchange.response!
}
