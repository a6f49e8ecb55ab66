import type { Request as SentRequest } from 'miniflare'
import { Response as Answer } from 'miniflare'

/** The private back end behind the binding `WEIR_LINK_STAND_IN`: says what it was sent. */
export async function answerAsStandIn(request: SentRequest): Promise<Answer> {
  const { method, url } = request
  return Answer.json({ binding: 'WEIR_LINK_STAND_IN', method, url, body: await request.text() })
}
