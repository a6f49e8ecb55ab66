import { sha256Hex } from '../../lib/hash.ts'
import { joinBytes } from '../../lib/join-bytes.ts'
import type { KeptReply, ResponseCache } from './response-cache.ts'

export interface EdgeCacheOptions {
  readonly open: () => Promise<Pick<Cache, 'match' | 'put'>>
  /** Goes into every name, so that nobody who shares the data centre's cache can find or replace an answer. */
  readonly secret: string
}

/**
 * Cloudflare's cache, which each data centre has for itself. Answers lie there under names that are no addresses of
 * anybody: `.invalid` is nobody's domain (RFC 2606).
 * https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
export function edgeCache({ open, secret }: EdgeCacheOptions): ResponseCache {
  let opened: ReturnType<EdgeCacheOptions['open']> | undefined
  const cache = () => {
    opened ??= open().catch(error => {
      opened = undefined
      throw error
    })
    return opened
  }
  const nameOf = async (key: string) =>
    `https://responses.weir.invalid/${await sha256Hex(`${secret}\n${key}`)}`
  return {
    async find(key) {
      const [from, name] = await Promise.all([cache(), nameOf(key)])
      const found = await from.match(name)
      return found && unpack(new Uint8Array(await found.arrayBuffer()))
    },
    async keep(key, kept, ttlSeconds) {
      const [to, name] = await Promise.all([cache(), nameOf(key)])
      await to.put(name, new Response(pack(kept), { headers: { 'cache-control': `max-age=${ttlSeconds}` } }))
    },
  }
}

type Head = Pick<KeptReply, 'status' | 'headers' | 'keptAt'> & { readonly body: 'text' | 'bytes' | 'none' }

const LENGTH_BYTES = 4

/** Status and headers as JSON, before them their length, then the body: what a cache thinks of headers is of no concern. */
function pack({ status, headers, keptAt, body }: KeptReply): Uint8Array<ArrayBuffer> {
  const kind = body === null ? 'none' : typeof body === 'string' ? 'text' : 'bytes'
  const head = new TextEncoder().encode(
    JSON.stringify({ status, headers, keptAt, body: kind } satisfies Head),
  )
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, head.length)
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array())
  return joinBytes([length, head, bytes], length.length + head.length + bytes.length)
}

function unpack(packed: Uint8Array<ArrayBuffer>): KeptReply {
  const end = LENGTH_BYTES + new DataView(packed.buffer, packed.byteOffset).getUint32(0)
  const head = JSON.parse(new TextDecoder().decode(packed.subarray(LENGTH_BYTES, end))) as Head
  const bytes = packed.slice(end)
  const body = head.body === 'none' ? null : head.body === 'text' ? new TextDecoder().decode(bytes) : bytes
  return { ...head, body }
}
