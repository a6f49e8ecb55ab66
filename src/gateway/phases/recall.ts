import { asksForFresh, mayInvalidate } from '../cache/ask-for-fresh.ts'
import type { MethodCaching } from '../cache/stage-caching.ts'
import type { Exchange, PhaseResult, Reply } from '../exchange.ts'

/** Answers with what was kept of an earlier request, where the stage has a cache and the method uses it. */
export function recall(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  const { caching } = exchange.located.stage
  if (!caching) return undefined
  const method = caching.of(exchange.located.method, exchange.httpMethod)
  return method && lookUp(exchange, method)
}

async function lookUp(exchange: Exchange, caching: MethodCaching): Promise<PhaseResult> {
  const { gateway } = exchange
  let warns = false
  if (asksForFresh(exchange)) {
    if (!caching.requireAuthorization || (await mayInvalidate(exchange))) {
      exchange.isFromCache = false
      exchange.keeping = { key: caching.keyOf(exchange), ttlSeconds: caching.ttlSeconds, warns }
      return undefined
    }
    if (caching.unauthorizedStrategy === 'FAIL_WITH_403') return { type: 'ACCESS_DENIED' }
    warns = caching.unauthorizedStrategy === 'SUCCEED_WITH_RESPONSE_HEADER'
  }
  const key = caching.keyOf(exchange)
  // A cache that fails has nothing: the back end has.
  const kept = await gateway.responseCache.find(key).catch(() => undefined)
  // The time to live is that of now, if it has become shorter.
  exchange.isFromCache = kept !== undefined && gateway.clock() - kept.keptAt < caching.ttlSeconds * 1000
  if (kept && exchange.isFromCache) {
    exchange.reply = warns ? withWarning(kept) : kept
  } else {
    exchange.keeping = { key, ttlSeconds: caching.ttlSeconds, warns }
  }
}

/** API Gateway's own words, for a client that asked for a fresh answer and may not. */
export const withWarning = (reply: Reply): Reply => ({
  ...reply,
  headers: [
    ...reply.headers,
    ['Warning', '199 Cache-control headers were ignored because the caller was unauthorized.'],
  ],
})
