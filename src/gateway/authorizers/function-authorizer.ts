import { decide } from '../../identity/policies/decide.ts'
import { FunctionUri } from '../calls/function-uri.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { javaPattern } from '../patterns/java-pattern.ts'
import type { Pattern } from '../patterns/pattern.ts'
import type { Stage } from '../prepared-api.ts'
import type { SnapshotAuthorizer } from '../snapshot.ts'
import { requestEvent, tokenEvent } from './authorizer-event.ts'
import type { Outcome } from './authorizer-results.ts'
import { type CallTrace, callAuthorizer, UNAUTHORIZED } from './call-authorizer.ts'
import { type CalledMethod, callContext, calledMethod, decideCalled, INVOKE } from './called-method.ts'
import type { Guard } from './guards.ts'
import { type IdentitySource, parseIdentitySources, readIdentity } from './identity-sources.ts'
import type { AuthorizerAnswer } from './read-answer.ts'
import { ANYBODY, deniedBefore, type ResourcePolicy } from './resource-policy.ts'

type FunctionType = Exclude<SnapshotAuthorizer['type'], 'COGNITO_USER_POOLS'>

/** What the two types of functions are told. */
const EVENTS: Readonly<
  Record<FunctionType, (exchange: Exchange, methodArn: string, identity: readonly string[]) => string>
> = {
  TOKEN: (_, methodArn, [token = '']) => tokenEvent(methodArn, token),
  REQUEST: requestEvent,
}

const MISCONFIGURED: GatewayRefusal = { type: 'AUTHORIZER_CONFIGURATION_ERROR' }

/** Where an authorizer's token is when it does not say. */
export const USUAL_TOKEN_SOURCE = 'method.request.header.Authorization'

/**
 * An authorizer whose function decides, prepared once for all methods that it guards.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export class FunctionAuthorizer {
  readonly id: string
  readonly type: FunctionType
  /** Undefined when they cannot be read: then nobody gets in. */
  readonly sources: readonly IdentitySource[] | undefined
  readonly #expression: Pattern | undefined | null
  readonly #definition: SnapshotAuthorizer
  readonly #uri: FunctionUri
  /** What the keys of answers begin with, which is the same for all requests of a stage. */
  readonly #prefixes = new WeakMap<Stage, string>()

  constructor(id: string, type: FunctionType, definition: SnapshotAuthorizer) {
    this.id = id
    this.type = type
    this.#definition = definition
    this.#uri = new FunctionUri(definition.uri ?? '')
    this.sources = parseIdentitySources(
      definition.identitySource || (type === 'TOKEN' ? USUAL_TOKEN_SOURCE : ''),
    )
    const { identityValidationExpression: expression } = definition
    this.#expression = type === 'TOKEN' && expression ? compileExpression(expression) : undefined
  }

  /** Lets pass whom the function and the API's own policy let pass. */
  guard(policy: ResourcePolicy | undefined): Guard {
    return exchange => {
      const called = calledMethod(exchange)
      const denied = policy && deniedBefore(exchange, policy, called)
      if (denied) return denied
      const values = this.sources && readIdentity(this.sources, exchange)
      if (values) exchange.observation?.secrets.push(...secretsOf(this.sources, values))
      const { authorizerResults } = exchange.gateway
      const isKept = values !== undefined && values.length > 0 && this.#definition.ttlSeconds > 0
      const key = isKept ? this.#key(exchange, values) : ''
      // Whoever an answer is kept for has been looked at before.
      const known = isKept ? authorizerResults.get(key) : undefined
      if (known) return admit(exchange, called, known, policy, 0)
      const identity = this.identityOf(exchange, values)
      if ('refusal' in identity) return identity.refusal
      const call = () => this.ask(exchange, called, identity.values)
      const asking = isKept ? authorizerResults.ask(key, this.#definition.ttlSeconds * 1000, call) : call()
      return asking.then(outcome => conclude(exchange, called, outcome, policy))
    }
  }

  /** What the caller identifies itself by, or why it is turned away before anybody is asked. */
  identityOf(
    exchange: Exchange,
    values = this.sources && readIdentity(this.sources, exchange),
  ): { readonly values: readonly string[] } | { readonly refusal: GatewayRefusal } {
    if (!this.sources || this.#expression === null) {
      return { refusal: { ...MISCONFIGURED, reason: 'Invalid identity source or validation expression' } }
    }
    if (!values || (this.#expression && !this.#expression.test(values[0]!))) return { refusal: UNAUTHORIZED }
    return { values }
  }

  async ask(
    exchange: Exchange,
    called: CalledMethod,
    identity: readonly string[],
    trace?: CallTrace,
  ): Promise<Outcome> {
    const target = exchange.located.stage.target(this.#uri)
    if (!target) {
      const reason = 'The authorizer URI names no function'
      trace?.faulty?.(reason)
      return { refusal: { ...MISCONFIGURED, reason } }
    }
    const payload = EVENTS[this.type](exchange, called.arn, identity)
    const { credentials } = this.#definition
    return callAuthorizer(exchange, { authorizerId: this.id, target, credentials }, payload, trace)
  }

  #key({ located, gateway }: Exchange, identity: readonly string[]): string {
    const { api, stage } = located
    let prefix = this.#prefixes.get(stage)
    if (prefix === undefined) {
      // A definition or a variable that changes makes other questions of the same requests.
      const { account, apiId } = api
      const { name, pointer, variables } = stage
      const text = JSON.stringify([
        account,
        apiId,
        name,
        pointer.authorizersFlushedAt,
        this.id,
        this.#definition,
        variables,
      ])
      prefix = gateway.authorizerResults.scope(text)
      this.#prefixes.set(stage, prefix)
    }
    return prefix + JSON.stringify(identity)
  }
}

/** Shorter ones are in every text, and secrets of nobody. */
const SHORTEST_SECRET = 6

/** Which of the values came with the request. */
const secretsOf = (sources: readonly IdentitySource[], values: readonly string[]): readonly string[] =>
  values.filter(
    (value, i) => value.length >= SHORTEST_SECRET && sources[i]!.expression.startsWith('method.request.'),
  )

const conclude = (
  exchange: Exchange,
  called: CalledMethod,
  outcome: Outcome,
  policy: ResourcePolicy | undefined,
): PhaseResult =>
  'refusal' in outcome
    ? outcome.refusal
    : admit(exchange, called, outcome.answer, policy, exchange.gateway.clock() - exchange.receivedAt)

/**
 * Whether what the authorizer decided lets this call pass: a kept decision was perhaps made for another method, and is
 * weighed anew for each. Together with the API's own policy as the documentation's table A has it.
 */
function admit(
  exchange: Exchange,
  called: CalledMethod,
  { policy: identity, principalId, context, usageIdentifierKey }: AuthorizerAnswer,
  resource: ResourcePolicy | undefined,
  integrationLatency: number,
): PhaseResult {
  exchange.authorization = {
    authorizer: { ...(principalId !== undefined && { principalId }), integrationLatency, ...context },
    usageIdentifierKey,
  }
  const keys = callContext(exchange)
  const decision = decideCalled(called, arn =>
    decide(
      { identity: [identity], resource },
      { action: INVOKE, resource: arn, principal: ANYBODY, context: keys },
      true,
    ),
  )
  if (decision.allowed) return undefined
  return decision.by ? EXPLICITLY_DENIED : DENIED
}

const DENIED: GatewayRefusal = { type: 'ACCESS_DENIED' }
const EXPLICITLY_DENIED: GatewayRefusal = {
  type: 'ACCESS_DENIED',
  message: 'User is not authorized to access this resource with an explicit deny',
}

/** What a token has to look like: found anywhere in it. Null for an expression that cannot be read. */
export function compileExpression(expression: string): Pattern | null {
  try {
    return javaPattern(expression)
  } catch {
    return null
  }
}
