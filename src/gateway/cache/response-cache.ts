import type { Reply } from '../exchange.ts'

/** Where answers of back ends are kept for a while. What it holds may be gone at any moment. */
export interface ResponseCache {
  find(key: string): Promise<KeptReply | undefined>
  keep(key: string, kept: KeptReply, ttlSeconds: number): Promise<void>
}

/** An answer as the integration gave it, before anything of one request was added. */
export interface KeptReply extends Reply {
  readonly body: string | Uint8Array<ArrayBuffer> | null
  /** Epoch milliseconds. */
  readonly keptAt: number
}

/** Of a gateway that has no cache: every request is for the back end. */
export const NOTHING_KEPT: ResponseCache = {
  find: async () => undefined,
  keep: async () => {},
}

/**
 * Bytes of a body. "The maximum size of a response that can be cached is 1048576 bytes."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
 */
export const LARGEST_KEPT = 1_048_576
