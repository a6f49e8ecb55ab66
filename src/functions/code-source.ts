import type { Env } from '../env.ts'
import { codeKeys } from './code-keys.ts'
import { openEnvironment } from './control/seal-environment.ts'
import { storeCode } from './control/store-code.ts'
import type { Manifest } from './manifest.ts'
import type { ArchiveIndex } from './prepare/archive-index.ts'

/** A package as it lies in the store. */
export interface StoredPackage {
  readonly index: ArchiveIndex
  readonly archive: ReadableStream<Uint8Array>
  /** Bytes of the archive. */
  readonly size: number
}

/** Where what it takes to run a version comes from. */
export interface CodeSource {
  /** JSON text of a manifest. */
  manifest(key: string): Promise<string | undefined>
  /** By the zip's SHA-256, hexadecimal. */
  code(hash: string): Promise<StoredPackage | undefined>
  /** A version's own variables. */
  variables(manifest: Manifest): Promise<Record<string, string>>
}

/** The store itself. */
export const storedCode = (env: Env): CodeSource => ({
  async manifest(key) {
    const object = await env.STORE.get(key)
    return object?.text()
  },

  // Code that another release of Weir prepared in its own form is prepared again from the upload, once.
  async code(hash) {
    const keys = codeKeys(hash)
    for (let prepared = false; ; prepared = true) {
      const archive = await env.STORE.get(keys.archive)
      const index =
        archive && (archive.customMetadata?.index ?? (await (await env.STORE.get(keys.index))?.text()))
      if (archive && index) {
        return { index: JSON.parse(index) as ArchiveIndex, archive: archive.body, size: archive.size }
      }
      const zip = prepared ? null : await env.STORE.get(keys.zip)
      if (!zip) return undefined
      await storeCode(env.STORE, new Uint8Array(await zip.arrayBuffer()))
    }
  },

  variables: async manifest =>
    manifest.environment ? openEnvironment(env, manifest, manifest.environment, manifest.role) : {},
})
