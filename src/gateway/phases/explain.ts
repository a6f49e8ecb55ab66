import type { Account } from '../../lib/account.ts'
import { asciiJson } from '../../lib/ascii-json.ts'
import type { Exchange } from '../exchange.ts'
import { EXPLAIN_HEADER, explain as explanationOf } from '../explanation.ts'

const NOT_GOOD =
  'This token is none of the account of this API, or is over: POST /_weir/explain/tokens gives a new one.'

const NOT_CHECKED = 'Whether this token is good could not be found out just now: try again.'

/** Says which meters a request met, to whoever sends along a token of the API's account. */
export function explain(exchange: Exchange): void | Promise<void> {
  const token = exchange.request.headers.get(EXPLAIN_HEADER)
  if (token !== null) return tell(exchange, token)
}

async function tell(exchange: Exchange, token: string): Promise<void> {
  const { api, response } = exchange
  // Whose API it is that is not there, nobody can say.
  if (!api || !response) return
  const answer = new Response(response.body, response)
  answer.headers.set(EXPLAIN_HEADER, await explanation(exchange, token, api.account))
  exchange.response = answer
}

async function explanation(exchange: Exchange, token: string, owner: Account): Promise<string> {
  const { gateway, admittance, ids } = exchange
  try {
    if (!(await gateway.explainTokens.isOf(token, owner))) return NOT_GOOD
    // Names of resources may have letters of all languages.
    return asciiJson(explanationOf(admittance, ids.requestId, gateway.clock()))
  } catch (error) {
    // The request itself was answered: it is not to count as one that failed.
    gateway.report(error, ids.requestId)
    return NOT_CHECKED
  }
}
