import { Buffer } from 'node:buffer'
import { hasHeader } from '../../lib/header-list.ts'
import { readStream } from '../../lib/read-bounded.ts'
import { LARGEST_KEPT } from '../cache/response-cache.ts'
import type { Exchange, Keeping, PhaseResult, Reply } from '../exchange.ts'
import { withWarning } from './recall.ts'

/** Keeps the back end's answer for the requests to come, beside its being sent. */
export function remember(exchange: Exchange): PhaseResult {
  const { keeping, reply } = exchange
  if (!keeping || !reply) return undefined
  if (isKept(reply)) exchange.reply = keepBeside(exchange, keeping, reply)
  if (keeping.warns) exchange.reply = withWarning(exchange.reply!)
}

/**
 * API Gateway is seen to keep what a back end answers with a 4xx, too. A failure is not kept here, as the next try may
 * go well, and neither is what sets cookies, which are one client's.
 */
const isKept = ({ status, headers }: Reply): boolean => status < 500 && !hasHeader(headers, 'set-cookie')

function keepBeside(exchange: Exchange, keeping: Keeping, reply: Reply): Reply {
  const { gateway } = exchange
  const keptAt = gateway.clock()
  const keep = async (body: string | Uint8Array<ArrayBuffer> | null) => {
    const { status, headers } = reply
    await gateway.responseCache.keep(keeping.key, { status, headers, body, keptAt }, keeping.ttlSeconds)
  }
  const { body } = reply
  if (!(body instanceof ReadableStream)) {
    const size = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    if (size <= LARGEST_KEPT) gateway.defer(keep(body).catch(() => {}))
    return reply
  }
  const [sent, copied] = body.tee()
  gateway.defer(
    readStream(copied, LARGEST_KEPT)
      .then(bytes => bytes && keep(bytes))
      // Broken off: what came is not the answer.
      .catch(() => {}),
  )
  return { ...reply, body: sent }
}
