import { edgeCache } from '../../../src/gateway/cache/edge-cache.ts'

/** The data centre's cache in memory: what is in it by name, as it would lie there. */
export function memoryCache(secret = 'secret') {
  const kept = new Map<string, { bytes: Uint8Array<ArrayBuffer>; control: string | null }>()
  const cache = {
    async match(name: string) {
      const found = kept.get(name)
      return found && new Response(found.bytes)
    },
    async put(name: string, response: Response) {
      kept.set(name, {
        bytes: new Uint8Array(await response.arrayBuffer()),
        control: response.headers.get('cache-control'),
      })
    },
  }
  return { kept, responseCache: edgeCache({ open: async () => cache as unknown as Cache, secret }) }
}
