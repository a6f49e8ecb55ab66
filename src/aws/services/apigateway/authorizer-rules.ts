import { compileExpression } from '../../../gateway/authorizers/function-authorizer.ts'
import { parseIdentitySources } from '../../../gateway/authorizers/identity-sources.ts'
import { tokenProvider } from '../../../gateway/authorizers/token-providers.ts'
import type { AuthorizerRecord } from '../../../gateway/control/api-parts.ts'
import type { Refusal } from '../../../lib/refusal.ts'
import { LIMITS } from './limits.ts'
import { invalidExpression } from './mapping-expressions.ts'
import { badRequest, checkOption, unsupported } from './refusals.ts'

const FUNCTION_URI =
  /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/
const HEADER = 'method.request.header.'

type Rule = (authorizer: AuthorizerRecord) => Refusal | undefined

const refuseUnless = (holds: boolean, message: string): Refusal | undefined =>
  holds ? undefined : badRequest(message)

const hasName: Rule = ({ name }) => refuseUnless(name?.trim() !== '', 'Authorizer name cannot be empty')

const hasTtl: Rule = ({ authorizerResultTtlInSeconds: ttl = LIMITS.authorizerTtl.usual }) =>
  refuseUnless(
    Number.isInteger(ttl) && ttl >= 0 && ttl <= LIMITS.authorizerTtl.most,
    `Invalid authorizer result TTL specified: it must be between 0 and ${LIMITS.authorizerTtl.most} seconds`,
  )

const hasFunction: Rule = ({ authorizerUri = '' }) =>
  refuseUnless(
    FUNCTION_URI.test(authorizerUri),
    `Invalid Authorizer URI: ${authorizerUri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
  )

const hasRole: Rule = ({ authorizerCredentials: role }) =>
  refuseUnless(role === undefined || ROLE.test(role), 'Invalid ARN specified in the request')

const hasSources: Rule = ({ identitySource = '' }) =>
  parseIdentitySources(identitySource) ? undefined : invalidExpression(identitySource)

/** The token is in one header. */
const hasTokenSource: Rule = ({ identitySource = '' }) =>
  parseIdentitySources(identitySource)?.length === 1 && identitySource.startsWith(HEADER)
    ? undefined
    : invalidExpression(identitySource)

/** What a decision is kept under. */
const hasCacheKey: Rule = ({
  identitySource,
  authorizerResultTtlInSeconds: ttl = LIMITS.authorizerTtl.usual,
}) =>
  refuseUnless(
    ttl === 0 || (parseIdentitySources(identitySource)?.length ?? 0) > 0,
    'Identity source is required for a REQUEST authorizer whose results are cached',
  )

const hasExpression: Rule = ({ identityValidationExpression: expression }) =>
  expression && compileExpression(expression) === null
    ? unsupported(`the identity validation expression ${expression}`)
    : undefined

/** They need not be there yet: of one that is not, nobody has tokens. */
const hasPools: Rule = ({ providerARNs = [] }) => {
  if (providerARNs.length === 0) return badRequest('At least one provider ARN must be specified')
  const invalid = providerARNs.filter(arn => !tokenProvider(arn))
  return refuseUnless(
    invalid.length === 0,
    `ProviderARNs need to be valid Cognito Userpools. Invalid ARNs- ${invalid.join(', ')}`,
  )
}

const RULES: Readonly<Record<AuthorizerRecord['type'], readonly Rule[]>> = {
  TOKEN: [hasName, hasTtl, hasFunction, hasRole, hasTokenSource, hasExpression],
  REQUEST: [hasName, hasTtl, hasFunction, hasRole, hasSources, hasCacheKey],
  COGNITO_USER_POOLS: [hasName, hasTtl, hasPools, hasTokenSource, hasExpression],
}

/** What must hold of an authorizer however it was made: created, patched, or imported. */
export function checkAuthorizer(authorizer: AuthorizerRecord): void {
  checkOption('authorizer type', authorizer.type, Object.keys(RULES))
  for (const rule of RULES[authorizer.type]) {
    const refusal = rule(authorizer)
    if (refusal) throw refusal
  }
}
