import type { Decision } from '../../identity/policies/decide.ts'
import { lazyContext, type RequestContext, requestContext } from '../../identity/policies/request.ts'
import { executeApiArn } from '../../lib/arn.ts'
import { decodeSegment } from '../../lib/fields.ts'
import type { Exchange } from '../exchange.ts'
import { resourcePathOf } from '../request-context.ts'

/** What policies of APIs are about: "the action to invoke an API". */
export const INVOKE = 'execute-api:Invoke'

/** A call of a method as policies see it. */
export interface CalledMethod {
  /** `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}/{path}` with the path as it was sent. */
  readonly arn: string
  /** The same with the path as the API's resources are found by it; see {@link plainPath}. */
  readonly plainArn: string
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html */
export function calledMethod(exchange: Exchange): CalledMethod {
  const { api, stage } = exchange.located
  const path = resourcePathOf(exchange.address.rawPath)
  const plain = plainPath(path)
  const arn = executeApiArn(api.account, api.apiId, stage.name, exchange.httpMethod, path)
  if (plain === path) return { arn, plainArn: arn }
  return {
    arn,
    plainArn: executeApiArn(api.account, api.apiId, stage.name, exchange.httpMethod, plain),
  }
}

/**
 * Asks policies about a call. API Gateway asks about the path as it was sent; a path may be spelled in several ways and
 * still lead to the same method, and what a policy forbids is not to be had by spelling it so.
 */
export function decideCalled({ arn, plainArn }: CalledMethod, ask: (resource: string) => Decision): Decision {
  const decision = ask(arn)
  if (!decision.allowed || plainArn === arn) return decision
  const plainly = ask(plainArn)
  return !plainly.allowed && plainly.by ? plainly : decision
}

/**
 * Without encoding, and without slashes that double others or end it: routes do not tell these apart, and what is
 * called by a greedy path gets even encoded slashes as slashes.
 */
function plainPath(path: string): string {
  const decoded = decodeSegment(path)
  const plain = decoded.includes('//') ? decoded.replace(/\/{2,}/g, '/') : decoded
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain
}

/**
 * Condition keys of a request, beside those that say who signed it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
 *
 * @param who keys of the caller
 */
export const callContext = (
  { request, caller, sourceIp, receivedAt, url }: Exchange,
  who: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): RequestContext =>
  lazyContext(() =>
    requestContext({
      // What a function asks for comes from no address.
      'aws:SourceIp': caller ? undefined : sourceIp,
      'aws:UserAgent': request.headers.get('user-agent') ?? undefined,
      'aws:Referer': request.headers.get('referer') ?? undefined,
      'aws:SecureTransport': url.scheme === 'https',
      'aws:CurrentTime': new Date(receivedAt).toISOString(),
      'aws:EpochTime': Math.floor(receivedAt / 1000),
      ...who,
    }),
  )
