import type { ArchivedFile, ArchiveIndex } from './archive-index.ts'

/** A module as the Worker Loader takes it. */
export type LoaderModule = { cjs: string } | { text: string } | { data: ArrayBuffer }

/** A package's files by path, relative to its root. */
export type PackageModules = Record<string, LoaderModule>

/**
 * Reads a prepared package from beginning to end. Each file becomes a string or a buffer as soon as its last byte
 * is there, so that bytes and text of the whole archive are never in memory together.
 * Throws when the archive ends early: it is not the one that the index describes.
 */
export async function readArchive(
  archive: ReadableStream<Uint8Array>,
  index: ArchiveIndex,
): Promise<PackageModules> {
  const reader = archive.getReader()
  const modules = Object.create(null) as PackageModules
  let chunk = new Uint8Array(0)
  try {
    for (const file of index.files) {
      const bytes = new Uint8Array(file[2])
      for (let filled = 0; filled < bytes.length; ) {
        if (chunk.length === 0) {
          const { done, value } = await reader.read()
          if (done) throw new Error(`the archive ends before ${file[0]}`)
          chunk = value as Uint8Array<ArrayBuffer>
        }
        const piece = chunk.subarray(0, bytes.length - filled)
        bytes.set(piece, filled)
        filled += piece.length
        chunk = chunk.subarray(piece.length)
      }
      modules[file[0]] = toModule(file, bytes)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
  return modules
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

function toModule([, kind]: ArchivedFile, bytes: Uint8Array<ArrayBuffer>): LoaderModule {
  switch (kind) {
    case 'cjs':
    case 'esm':
      return { cjs: decoder.decode(bytes) }
    case 'json':
      return { text: decoder.decode(bytes) }
    case 'data':
      return { data: bytes.buffer }
  }
}
