import type { IssuedToken } from '../../identity/tokens/verify-issued-token.ts'
import { readToken } from '../../identity/tokens/verify-token.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import { type GatewayRefusal, REFUSALS } from '../gateway-responses.ts'
import type { Pattern } from '../patterns/pattern.ts'
import type { SnapshotAuthorizer } from '../snapshot.ts'
import { UNAUTHORIZED } from './call-authorizer.ts'
import { compileExpression, USUAL_TOKEN_SOURCE } from './function-authorizer.ts'
import type { Guard } from './guards.ts'
import { type IdentitySource, parseIdentitySources } from './identity-sources.ts'
import { type ResourcePolicy, resourcePolicyAlone } from './resource-policy.ts'
import { type Standing, type TokenProvider, tokenProvider } from './token-providers.ts'
import { type KnownToken, knownToken } from './verified-tokens.ts'

/** A token that counts, or why it does not. */
export type Checked = { readonly known: KnownToken } | { readonly refusal: GatewayRefusal }

/**
 * An authorizer that takes tokens of user pools and OpenID providers, prepared once for all methods that it guards.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
 */
export class UserPoolAuthorizer {
  readonly #source: IdentitySource | undefined
  /** What the client has to be that a token was issued to; null when it cannot be read. */
  readonly #expression: Pattern | undefined | null
  readonly #providers: ReadonlyMap<string, TokenProvider>
  /** Why nobody gets in. */
  readonly #mistake: GatewayRefusal | undefined

  constructor({ identitySource, identityValidationExpression, providerArns = [] }: SnapshotAuthorizer) {
    this.#source = parseIdentitySources(identitySource || USUAL_TOKEN_SOURCE)?.[0]
    this.#expression = identityValidationExpression
      ? compileExpression(identityValidationExpression)
      : undefined
    const providers = providerArns.flatMap(arn => tokenProvider(arn) ?? [])
    this.#providers = new Map(providers.map(provider => [provider.arn, provider]))
    this.#mistake =
      this.#source && this.#expression !== null && providers.length > 0 ? undefined : MISCONFIGURED
  }

  /**
   * Lets pass whose token counts and, where the API has a policy, whom that allows: "If authentication is successful,
   * the resource policy is evaluated independently, and an explicit allow is required."
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
   *
   * @param scopes of the method, one of which the token has to have; none: it has to be an identity token
   */
  guard(policy: ResourcePolicy | undefined, scopes: readonly string[] = []): Guard {
    const allowed = policy && resourcePolicyAlone(policy)
    const conclude = (exchange: Exchange, checked: Checked): PhaseResult | Promise<PhaseResult> => {
      if ('refusal' in checked) return checked.refusal
      exchange.authorization = checked.known.authorization
      return allowed?.(exchange)
    }
    return exchange => {
      const checking = this.check(exchange, scopes)
      return checking instanceof Promise
        ? checking.then(checked => conclude(exchange, checked))
        : conclude(exchange, checking)
    }
  }

  /** What is sent with a request for a token; nothing where the request has none. */
  sent(exchange: Exchange): string | undefined {
    return this.#source?.read(exchange) || undefined
  }

  /** Whether the request's token counts. A promise only when something is not in memory. */
  check(exchange: Exchange, scopes: readonly string[]): Checked | Promise<Checked> {
    if (this.#mistake) return { refusal: this.#mistake }
    const sent = this.sent(exchange)
    if (sent === undefined) return refused('missing')
    exchange.observation?.secrets.push(sent)
    const { tokens } = exchange.gateway
    const known = tokens.verified.get(sent)
    const provider = known && this.#providers.get(known.provider)
    if (!known || !provider) return this.#verify(exchange, sent, scopes)
    const weigh = (standing: Standing | undefined) => {
      const isBelieved = exchange.receivedAt < known.until || exchange.receivedAt >= known.expires
      return known.standing === standing && isBelieved
        ? weighed(exchange, known, scopes, this.#expression)
        : this.#verify(exchange, sent, scopes)
    }
    const standing = provider.standing(tokens, exchange.located.api.account)
    return standing instanceof Promise
      ? standing.then(weigh).catch(error => unavailable(exchange, error))
      : weigh(standing)
  }

  async #verify(exchange: Exchange, sent: string, scopes: readonly string[]): Promise<Checked> {
    const { located, receivedAt } = exchange
    const { tokens } = exchange.gateway
    // "Bearer" is what OAuth 2.0 puts before a token, and may be left out here.
    const token = sent.replace(/^bearer +/i, '')
    const read = readToken(token)
    if (typeof read === 'string') return refused(read)
    const { iss } = read.claims
    if (typeof iss !== 'string') return refused('issuer')
    for (const provider of this.#providers.values()) {
      if (!provider.mayIssue(iss)) continue
      let standing: Standing | undefined
      try {
        standing = await provider.standing(tokens, located.api.account)
      } catch (error) {
        return unavailable(exchange, error)
      }
      if (!standing) continue
      const verified = await standing.verify(token, tokens, receivedAt)
      if (!verified.ok) return refused(verified.reason)
      const known = knownToken(provider.arn, standing, verified.claims, receivedAt)
      tokens.verified.keep(sent, known)
      return weighed(exchange, known, scopes, this.#expression)
    }
    return refused('issuer')
  }
}

/** What may differ from method to method, and from moment to moment. */
function weighed(
  { receivedAt }: Exchange,
  known: KnownToken,
  scopes: readonly string[],
  client: Pattern | undefined | null,
): Checked {
  if (known.expires <= receivedAt) return refused('expired')
  if (!known.standing.accepts(known, scopes.length > 0)) return refused('audience')
  if (client && !known.audiences.some(audience => client.test(audience))) return refused('audience')
  if (scopes.length > 0 && !scopes.some(scope => known.scopes.has(scope))) return { refusal: OUT_OF_SCOPE }
  return { known }
}

const MISCONFIGURED: GatewayRefusal = {
  type: 'AUTHORIZER_CONFIGURATION_ERROR',
  reason: 'Invalid identity source, validation expression or provider ARNs',
}

/** Seen of API Gateway, with the status and the type of tokens that are not any. */
const EXPIRED: GatewayRefusal = { ...UNAUTHORIZED, message: 'The incoming token has expired' }

/** The documentation: "when access is denied by a custom or Amazon Cognito authorizer". */
const OUT_OF_SCOPE: GatewayRefusal = { type: 'ACCESS_DENIED' }

/** What the client is told of a token that does not count: hardly anything. The reason is for the API's owner. */
function refused(reason: Extract<IssuedToken, { ok: false }>['reason'] | 'missing'): Checked {
  if (reason === 'unreachable') {
    return { refusal: { type: 'AUTHORIZER_FAILURE', reason: 'the issuer of the token does not answer' } }
  }
  return {
    refusal: { ...(reason === 'expired' ? EXPIRED : UNAUTHORIZED), reason: `token refused: ${reason}` },
  }
}

/** Who knows the provider is out of reach: no fault of the client's, and over as soon as it is back. */
function unavailable({ gateway, ids }: Exchange, error: unknown): Checked {
  gateway.report(error, ids.requestId)
  return { refusal: REFUSALS.unavailable }
}
