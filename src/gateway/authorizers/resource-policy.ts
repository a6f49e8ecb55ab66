import { type CompiledPolicy, compilePolicy } from '../../identity/policies/compile-policy.ts'
import { type Decision, decideByResource, describeDenial } from '../../identity/policies/decide.ts'
import type { PolicyDocument } from '../../identity/policies/policy-document.ts'
import type { Principal } from '../../identity/policies/request.ts'
import { arn, partsOfArn } from '../../lib/arn.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { type CalledMethod, callContext, calledMethod, decideCalled, INVOKE } from './called-method.ts'
import type { Guard } from './guards.ts'

/** The policy of an API itself: who may call it at all. */
export type ResourcePolicy = CompiledPolicy

/** Who calls without a signature. */
export const ANYBODY: Principal = { kind: 'anonymous' }

/** @param text as a snapshot has it: checked, and with ARNs in full */
export const compileResourcePolicy = (text: string): ResourcePolicy =>
  compilePolicy('resource policy', JSON.parse(text) as PolicyDocument, 'resource')

/**
 * Where nothing else guards a method: "evaluation of the policy involves seeking an explicit allow".
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
 */
export const resourcePolicyAlone =
  (policy: ResourcePolicy): Guard =>
  exchange => {
    const called = calledMethod(exchange)
    const decision = decideFor(exchange, policy, called)
    return decision.allowed ? undefined : accessDenied('anonymous', called, decision)
  }

/** "Before calling the Lambda authorizer, API Gateway first evaluates the policy and checks for any explicit denials." */
export function deniedBefore(
  exchange: Exchange,
  policy: ResourcePolicy,
  called: CalledMethod,
): GatewayRefusal | undefined {
  const decision = decideFor(exchange, policy, called)
  return !decision.allowed && decision.by ? accessDenied('anonymous', called, decision) : undefined
}

function decideFor(exchange: Exchange, policy: ResourcePolicy, called: CalledMethod): Decision {
  const context = callContext(exchange)
  return decideCalled(called, resource =>
    decideByResource(policy, { action: INVOKE, resource, principal: ANYBODY, context }),
  )
}

/** As API Gateway words it, with all but four digits of the account hidden. */
export function accessDenied(user: string, called: CalledMethod, decision: Decision): GatewayRefusal {
  const { region, account, resource } = partsOfArn(called.arn)
  const hidden = arn('execute-api', { region, id: account.replace(/\d(?=\d{4})/g, '*') }, resource)
  return {
    type: 'ACCESS_DENIED',
    message: `User: ${user} is not authorized to perform: ${INVOKE} on resource: ${hidden} ${describeDenial(decision, INVOKE)}`,
  }
}
