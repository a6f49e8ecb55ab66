import type { Exchange } from '../exchange.ts'
import { EXPLAIN_HEADER, explain as explanationOf } from '../explanation.ts'

const NOT_GOOD =
  'This token is none of the account of this API, or is over: POST /_weir/explain/tokens gives a new one.'

/** Says which meters a request met, to whoever sends along a token of the API's account. */
export function explain(exchange: Exchange): void | Promise<void> {
  const token = exchange.request.headers.get(EXPLAIN_HEADER)
  if (token !== null) return tell(exchange, token)
}

async function tell(exchange: Exchange, token: string): Promise<void> {
  const { api, gateway, admission, ids, response } = exchange
  // Whose API it is that is not there, nobody can say.
  if (!api || !response) return
  const isOwner = await gateway.explainTokens.isOf(token, api.account)
  const said = !isOwner
    ? NOT_GOOD
    : JSON.stringify(explanationOf(await admission, ids.requestId, gateway.clock()))
  const answer = new Response(response.body, response)
  answer.headers.set(EXPLAIN_HEADER, said)
  exchange.response = answer
}
