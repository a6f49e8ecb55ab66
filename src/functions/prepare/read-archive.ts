import type { ArchivedFile, ArchiveIndex } from './archive-index.ts'

/** A module as the Worker Loader takes it. */
export type LoaderModule = { cjs: string } | { text: string } | { data: ArrayBuffer }

/** A package's files by path, relative to its root. */
export type PackageModules = Record<string, LoaderModule>

/**
 * Reads a prepared package from beginning to end. Of a large one each file becomes a string or a buffer as soon as its
 * last byte is there, so that bytes and text of the whole archive are never in memory together.
 * Throws when the archive ends early: it is not the one that the index describes.
 */
export async function readArchive(
  archive: ReadableStream<Uint8Array>,
  index: ArchiveIndex,
): Promise<PackageModules> {
  const total = index.files.reduce((sum, [, , bytes]) => sum + bytes, 0)
  return total <= AT_ONCE ? readAtOnce(archive, index, total) : readByPieces(archive, index)
}

/** Reading all of a stream is one call of the platform; a piece of it is one too, and brings a few kilobytes. */
const AT_ONCE = 16 * 1024 * 1024

async function readAtOnce(
  archive: ReadableStream<Uint8Array>,
  index: ArchiveIndex,
  total: number,
): Promise<PackageModules> {
  const content = new Uint8Array(await new Response(archive).arrayBuffer())
  const modules = Object.create(null) as PackageModules
  let at = 0
  for (const file of index.files) {
    const end = at + file[2]
    if (end > content.length) throw new Error(`the archive ends before ${file[0]}`)
    // A buffer of its own only for what is handed on as one.
    const bytes = file[1] === 'data' && total > file[2] ? content.slice(at, end) : content.subarray(at, end)
    modules[file[0]] = toModule(file, bytes)
    at = end
  }
  return modules
}

async function readByPieces(
  archive: ReadableStream<Uint8Array>,
  index: ArchiveIndex,
): Promise<PackageModules> {
  const pieces = blocksOf(archive)
  const modules = Object.create(null) as PackageModules
  let chunk = new Uint8Array(0)
  try {
    for (const file of index.files) {
      const bytes = new Uint8Array(file[2])
      for (let filled = 0; filled < bytes.length; ) {
        if (chunk.length === 0) {
          const { value } = await pieces.read()
          if (!value || value.length === 0) throw new Error(`the archive ends before ${file[0]}`)
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
    await pieces.cancel().catch(() => {})
  }
  return modules
}

const BLOCK = 1024 * 1024

interface Blocks {
  read(): Promise<{ value?: Uint8Array }>
  cancel(): Promise<unknown>
}

/** In blocks of some size, where the stream can: what comes by itself are pieces of 4 KB, each a call of the platform. */
function blocksOf(archive: ReadableStream<Uint8Array>): Blocks {
  let reader: ReadableStreamBYOBReader
  try {
    reader = archive.getReader({ mode: 'byob' })
  } catch {
    return archive.getReader()
  }
  return {
    read: () => reader.readAtLeast(BLOCK, new Uint8Array(BLOCK)),
    cancel: () => reader.cancel(),
  }
}

// Two, because workerd decodes several times faster where it may give up.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return lenient.decode(bytes)
  }
}

function toModule([, kind]: ArchivedFile, bytes: Uint8Array<ArrayBuffer>): LoaderModule {
  switch (kind) {
    case 'cjs':
    case 'esm':
      return { cjs: textOf(bytes) }
    case 'json':
      return { text: textOf(bytes) }
    case 'data':
      return { data: bytes.buffer }
  }
}
