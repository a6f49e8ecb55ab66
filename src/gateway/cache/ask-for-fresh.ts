import { type Caller, principalOf } from '../../identity/caller.ts'
import { decide } from '../../identity/policies/decide.ts'
import { callerKeys } from '../../identity/signed-caller.ts'
import { callContext, calledMethod, decideCalled } from '../authorizers/called-method.ts'
import type { Exchange } from '../exchange.ts'

const INVALIDATE = 'execute-api:InvalidateCache'

/** "The client must send a request that contains the Cache-Control: max-age=0 header." */
export const asksForFresh = ({ request }: Exchange): boolean =>
  (request.headers.get('cache-control') ?? '').split(',').some(directive => MAX_AGE_0.test(directive))

const MAX_AGE_0 = /^\s*max-age\s*=\s*"?0+"?\s*$/i

/**
 * Whether who signed the request may have a kept answer replaced. Who signed nothing may not.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html#invalidate-method-caching
 */
export async function mayInvalidate(exchange: Exchange): Promise<boolean> {
  const caller = exchange.caller ?? (await signerOf(exchange))
  if (!caller) return false
  const { account } = exchange.located.api
  // The API's own policy is of no account but its own.
  if (caller.account !== account.id) return false
  const policies = await exchange.gateway.policiesOf(caller)
  const context = callContext(exchange, callerKeys(caller, policies))
  return decideCalled(calledMethod(exchange), resource =>
    decide(policies, { action: INVALIDATE, resource, principal: principalOf(caller), context }, true),
  ).allowed
}

/** A body is not looked at: whoever sends another one than was signed has the back end asked once more, and no more. */
async function signerOf({ gateway, request, located }: Exchange): Promise<Caller | undefined> {
  const signer = await gateway.authenticate(request, located.api.account.region)
  return signer.ok ? signer.identity : undefined
}
