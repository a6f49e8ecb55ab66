import { type Caller, principalOf } from '../../identity/caller.ts'
import { decide } from '../../identity/policies/decide.ts'
import { callerKeys, type SignatureRefusal, userIdOf } from '../../identity/signed-caller.ts'
import { readBounded } from '../../lib/read-bounded.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { LIMITS } from '../limits.ts'
import { callContext, calledMethod, decideCalled, INVOKE } from './called-method.ts'
import type { Guard } from './guards.ts'
import { accessDenied, type ResourcePolicy } from './resource-policy.ts'

/**
 * `AWS_IAM`: lets pass who signed the request and whose policies, together with the API's own, allow the call: of the
 * API's account one allow is enough, of another account both have to.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export const signedByPermitted =
  (policy: ResourcePolicy | undefined): Guard =>
  async exchange => {
    const { gateway, located, request } = exchange
    const { account } = located.api
    if (exchange.caller) return permit(exchange, exchange.caller, policy)
    const signer = await gateway.authenticate(request, account.region)
    if (!signer.ok) return badSignature(signer)
    const refusal = await permit(exchange, signer.identity, policy)
    if (refusal) return refusal
    // Who may not call need not send a body for nothing; what is called sees none that was not signed.
    const body = await readWhole(exchange)
    if (!body) return { type: 'REQUEST_TOO_LARGE' }
    const altered = await signer.verifyBody(body)
    return altered && badSignature(altered)
  }

async function permit(
  exchange: Exchange,
  caller: Caller,
  resource: ResourcePolicy | undefined,
): Promise<PhaseResult> {
  const policies = await exchange.gateway.policiesOf(caller)
  exchange.authorization = { identity: identityOf(caller, userIdOf(caller, policies)) }
  const called = calledMethod(exchange)
  const context = callContext(exchange, callerKeys(caller, policies))
  const sameAccount = caller.account === exchange.located.api.account.id
  const decision = decideCalled(called, arn =>
    decide(
      { ...policies, resource },
      { action: INVOKE, resource: arn, principal: principalOf(caller), context },
      sameAccount,
    ),
  )
  return decision.allowed ? undefined : accessDenied(caller.arn, called, decision)
}

/** `$context.identity` */
const identityOf = ({ account, arn, accessKeyId }: Caller, userId: string): Record<string, string> => ({
  accountId: account,
  caller: userId,
  user: userId,
  userArn: arn,
  accessKey: accessKeyId,
})

const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** The body, which the rest of the exchange then finds in the request as if nobody had read it. */
async function readWhole(exchange: Exchange): Promise<Uint8Array | undefined> {
  const { request } = exchange
  if (request.body === null) return new Uint8Array()
  const body = await readBounded(request, LIMITS.body)
  if (body) {
    const { url, headers, signal } = request
    // A GET may arrive with a body, and cannot be made with one; the exchange has noted the method.
    const method = BODILESS.has(request.method) ? 'POST' : request.method
    exchange.request = new Request(url, { method, headers, signal, body })
  }
  return body
}

/** All of them are 403 here, whatever services answer. */
function badSignature({ reason, code, message }: SignatureRefusal): GatewayRefusal {
  const row = ROWS[reason]
  if (row) return row
  const isMismatch = code === 'InvalidSignatureException'
  return { type: isMismatch ? 'INVALID_SIGNATURE' : 'DEFAULT_4XX', status: 403, message, errorType: code }
}

/** Refusals that have a row of their own in the table of responses. */
const ROWS: Readonly<Record<string, GatewayRefusal>> = {
  'not-signed': { type: 'MISSING_AUTHENTICATION_TOKEN' },
  'expired-token': { type: 'EXPIRED_TOKEN' },
  throttled: { type: 'THROTTLED' },
}
