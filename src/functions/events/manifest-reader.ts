import { ByteLru } from '../../lib/byte-lru.ts'
import type { Manifest } from '../manifest.ts'

/** Bytes of manifests kept: some hundreds. */
const KEPT_BYTES = 1024 * 1024

/** Reads manifests of versions from the store, each once: what lies under a key never changes. */
export function manifestReader(store: R2Bucket): (key: string) => Promise<Manifest | undefined> {
  const kept = new ByteLru<Manifest>(KEPT_BYTES)
  return async key => {
    const known = kept.get(key)
    if (known) return known
    const text = await (await store.get(key))?.text()
    if (text === undefined) return undefined
    const manifest = JSON.parse(text) as Manifest
    kept.set(key, manifest, text.length * 2)
    return manifest
  }
}
