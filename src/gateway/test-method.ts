import { type HeaderList, hasHeader } from '../lib/header-list.ts'
import type { UrlParts } from '../lib/url-parts.ts'
import { utcDateText } from '../lib/utc-date-text.ts'
import { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { answerHeaders, executionLines } from './logs/execution-lines.ts'
import { Observation } from './logs/observation.ts'
import { tryOut } from './pipeline.ts'
import { PreparedApi } from './prepared-api.ts'
import type { Snapshot, StagePointer } from './snapshot.ts'

/** A request that somebody makes up, to see what a method makes of it. */
export interface MethodTest {
  /** Of an API as it is now, with one resource and its method. */
  readonly snapshot: Snapshot
  readonly httpMethod: string
  readonly headers: HeaderList
  /** `/pets/4?type=cat`; '' stands for the resource's own path, whose variables then have no values. */
  readonly pathWithQuery: string
  readonly body: string | undefined
  readonly stageVariables: Readonly<Record<string, string>>
  readonly links: StagePointer['links']
  /** Who tries it out, as `$context.identity` has it. */
  readonly identity: Readonly<Record<string, string | null>>
}

export interface MethodTestResult {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
  /** One line an event. */
  readonly log: string
  /** Milliseconds. */
  readonly latency: number
}

/** The stage and the key of tests, as API Gateway names them in what back ends get to see. */
const STAGE = 'test-invoke-stage'
const KEY = { id: 'test-invoke-api-key-id', value: 'test-invoke-api-key' }
const HOST = 'testPrefix.testDomainName'

class TrialExchange extends Exchange {
  override readonly sourceIp = 'test-invoke-source-ip'

  /** URLs of the platform have hosts in lower case. */
  override get url(): UrlParts {
    return { ...super.url, host: HOST }
  }
}

/**
 * Has a method answer a request that nobody made, by the API as it is and not as it was deployed. Neither authorizers
 * nor keys nor throttles are asked, and what answers is the real back end.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html
 */
export async function testMethod(gateway: Gateway, test: MethodTest): Promise<MethodTestResult> {
  const observation = new Observation(gateway.clock, true)
  const exchange = exchangeOf(observation.listen(gateway), test)
  exchange.observation = observation
  const response = await tryOut(exchange)
  const body = await response.text()
  const endedAt = gateway.clock()
  const headers = answerHeaders(exchange)
  const answer = { status: response.status, headers, body, endedAt }
  const lines = await executionLines(exchange, observation, answer)
  const log = lines.map(({ at, text }) => `${utcDateText(at)} : ${text}\n`).join('')
  return {
    status: response.status,
    headers,
    body,
    log: `Execution log for request ${exchange.ids.requestId}\n${log}`,
    latency: endedAt - exchange.receivedAt,
  }
}

function exchangeOf(gateway: Gateway, test: MethodTest): Exchange {
  const { snapshot, httpMethod, pathWithQuery, stageVariables: variables, links, identity } = test
  const api = new PreparedApi(snapshot)
  const own = snapshot.resources[0]!.path
  const rawPath = pathWithQuery.split('?', 1)[0] || own
  const method = api.find(httpMethod, rawPath) ?? { ...api.find(httpMethod, own)!, parameters: null }
  const address = { apiId: api.apiId, stage: STAGE, rawPath, basePath: '' }
  const exchange = new TrialExchange(requestOf(test, rawPath), address, gateway)
  const stage = api.stage(STAGE, { deploymentId: '', snapshot: '', variables, links })
  exchange.stage = stage
  exchange.route = { api, stage, method: method.method, pathParameters: method.parameters }
  exchange.apiKey = KEY
  exchange.authorization = { identity }
  return exchange
}

function requestOf({ httpMethod, headers, pathWithQuery, body }: MethodTest, rawPath: string): Request {
  const query = pathWithQuery.indexOf('?')
  const path = rawPath.startsWith('/') ? rawPath : `/${rawPath}`
  const url = `https://${HOST}${path}${query < 0 ? '' : pathWithQuery.slice(query)}`
  // The platform's requests of these methods have no body.
  const hasBody = body !== undefined && body !== '' && httpMethod !== 'GET' && httpMethod !== 'HEAD'
  const request = new Request(url, {
    method: httpMethod,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(hasBody && { body }),
  })
  // Of a text the platform says that it is plain, where nobody has said anything.
  if (hasBody && !hasHeader(headers, 'content-type')) {
    request.headers.delete('content-type')
  }
  return request
}
