import type { Account } from '../../lib/account.ts'
import { utcDateText } from '../../lib/utc-date-text.ts'
import { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import { type GatewayRefusal, wordingOf } from '../gateway-responses.ts'
import { hidden, Secrets } from '../logs/hide-secrets.ts'
import { PreparedApi, type Stage } from '../prepared-api.ts'
import type { SnapshotAuthorizer } from '../snapshot.ts'
import { calledMethod } from './called-method.ts'
import { FunctionAuthorizer } from './function-authorizer.ts'
import { UserPoolAuthorizer } from './user-pool-authorizer.ts'

/** A request that somebody makes up, to see what an authorizer says of it. */
export interface AuthorizerTest {
  readonly account: Account
  readonly apiId: string
  readonly authorizerId: string
  readonly authorizer: SnapshotAuthorizer
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** `/pets?type=cat` */
  readonly pathWithQuery: string
  readonly stageVariables: Readonly<Record<string, string>>
}

export interface AuthorizerTestResult {
  /** What a client would have got; 0 when the authorizer succeeded, whatever it decided. */
  readonly clientStatus: number
  /** One line an event. */
  readonly log: string
  /** Milliseconds. */
  readonly latency: number
  readonly principalId?: string
  /** JSON text, as the function returned it. */
  readonly policy?: string
  /** Of a token, as back ends are told them. */
  readonly claims?: Record<string, string>
}

/** The stage that tests are made on, as API Gateway names it in their ARNs. */
const STAGE = 'test-invoke-stage'

/**
 * Asks an authorizer about a request that nobody made, with nothing kept or taken from what is kept.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeAuthorizer.html
 */
export async function testAuthorizer(gateway: Gateway, test: AuthorizerTest): Promise<AuthorizerTestResult> {
  const { authorizerId, authorizer } = test
  const exchange = exchangeOf(gateway, test)
  const { requestId } = exchange.ids
  const lines = [`Execution log for request ${requestId}`]
  const log = (text: string) => lines.push(`${utcDateText(gateway.clock())} : ${text}`)
  const ended = (clientStatus: number, more: Partial<AuthorizerTestResult> = {}): AuthorizerTestResult => ({
    clientStatus,
    log: `${lines.join('\n')}\n`,
    latency: gateway.clock() - exchange.receivedAt,
    ...more,
  })
  const refused = (refusal: GatewayRefusal) => {
    const { status, errorType } = wordingOf(refusal)
    log(errorType)
    return ended(status)
  }

  log(`Starting authorizer: ${authorizerId} for request: ${requestId}`)
  const { type } = authorizer
  if (type === 'COGNITO_USER_POOLS') {
    const pools = new UserPoolAuthorizer(authorizer)
    const sent = pools.sent(exchange)
    if (sent !== undefined) log(`Incoming identity: ${hidden(sent)}`)
    // Without a method there are no scopes: identity tokens can be tried out, as on AWS.
    const checked = await pools.check(exchange, [])
    if ('refusal' in checked) {
      log(`Unauthorized request: ${checked.refusal.reason}`)
      return refused(checked.refusal)
    }
    log('Successfully completed authorizer execution')
    return ended(0, { claims: { ...checked.known.claims } })
  }
  const prepared = new FunctionAuthorizer(authorizerId, type, authorizer)
  const identity = prepared.identityOf(exchange)
  if ('refusal' in identity) {
    log('Unauthorized request: the identity is missing or is not what the authorizer expects')
    return refused(identity.refusal)
  }
  const secrets = new Secrets(exchange.request.headers, identity.values)
  log(`Incoming identity: ${identity.values.map(hidden).join(', ')}`)
  let payload = ''
  const outcome = await prepared.ask(exchange, calledMethod(exchange), identity.values, {
    calling(event) {
      log(`Endpoint request body after transformations: ${secrets.hide(event)}`)
    },
    answered(result) {
      payload = result
      log(`Authorizer result body before parsing: ${secrets.hide(result)}`)
    },
    faulty: fault => log(`Execution failed due to configuration error: ${fault}`),
  })
  if ('refusal' in outcome) return refused(outcome.refusal)
  const { principalId } = outcome.answer
  log(`Using valid authorizer policy for principal: ${principalId === undefined ? '' : hidden(principalId)}`)
  log('Successfully completed authorizer execution')
  const { policyDocument } = JSON.parse(payload) as { policyDocument: unknown }
  return ended(0, { principalId, policy: JSON.stringify(policyDocument) })
}

function exchangeOf(gateway: Gateway, test: AuthorizerTest): Exchange {
  const { account, apiId, headers, pathWithQuery, stageVariables } = test
  const path = pathWithQuery.startsWith('/') ? pathWithQuery : `/${pathWithQuery}`
  const url = new URL(`https://${apiId}.execute-api.${account.region}.amazonaws.com${path}`)
  const request = new Request(url, {
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  })
  const exchange = new Exchange(request, { apiId, stage: STAGE, rawPath: url.pathname }, gateway)
  const api = new PreparedApi({
    schema: 1,
    account: account.id,
    region: account.region,
    apiId,
    apiKeySource: 'HEADER',
    binaryMediaTypes: [],
    resources: [{ id: 'test', path: '/', methods: { GET: METHOD } }],
  })
  const stage: Stage = api.stage(STAGE, { deploymentId: 'test', snapshot: '', variables: stageVariables })
  exchange.route = { api, stage, method: api.find('GET', '/')!.method, pathParameters: null }
  return exchange
}

const METHOD = { authorizationType: 'NONE', apiKeyRequired: false, responses: {} }
