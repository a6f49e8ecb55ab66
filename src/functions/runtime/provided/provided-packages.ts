import { inflateRawSync } from 'node:zlib'
import type { LoaderModule } from '../../prepare/read-archive.ts'
import { PROVIDED_PACKAGES } from './packages.generated.ts'
import type { PackedHeader } from './packed-files.ts'

/** Where Lambda's Node runtimes have what they bring along; NODE_PATH ends in it. */
export const PROVIDED_ROOT = '/var/runtime/node_modules'

/** A file by its path under {@link PROVIDED_ROOT}. */
export type ProvidedFile = [path: string, kind: 'cjs' | 'json', module: LoaderModule]

/** Of the names of packages, those that the runtime brings along. */
export const providedAmong = (names: readonly string[]): string[] =>
  names.filter(name => PROVIDED_PACKAGES.has(name))

/**
 * The files of provided packages and of all that those need. What was unpacked once is kept: all of it is 10 MB, and
 * its texts are the same strings in every function that has them.
 */
export async function providedFiles(names: readonly string[]): Promise<ProvidedFile[]> {
  // Not before a function asks for a package: Weir's own start has no part in it. Every request waits for itself,
  // because one that is cut off may leave others waiting.
  opened ??= open((await import('./packages.bin')).default)
  const { header, unpack } = opened
  const wanted = new Set<number>()
  const add = (at: number): void => {
    if (wanted.has(at)) return
    wanted.add(at)
    for (const needed of header.files[at]!.needs) add(needed)
  }
  for (const name of names) for (const at of header.packages[name]!) add(at)
  return [...wanted].map(at => {
    const { path, kind } = header.files[at]!
    return [path, kind, unpack(at)]
  })
}

interface Opened {
  readonly header: PackedHeader
  unpack(at: number): LoaderModule
}

let opened: Opened | undefined

function open(content: ArrayBuffer): Opened {
  const decoder = new TextDecoder()
  const headerEnd = 4 + new DataView(content).getUint32(0, true)
  const header = JSON.parse(
    decoder.decode(inflateRawSync(new Uint8Array(content, 4, headerEnd - 4))),
  ) as PackedHeader
  const starts: number[] = []
  let start = headerEnd
  for (const { packed } of header.files) {
    starts.push(start)
    start += packed
  }
  const unpacked: LoaderModule[] = []
  return {
    header,
    unpack(at) {
      const known = unpacked[at]
      if (known) return known
      const { kind, packed, size } = header.files[at]!
      // One piece as long as what comes out, so that it is not copied together from many.
      const bytes = inflateRawSync(new Uint8Array(content, starts[at]!, packed), {
        chunkSize: Math.max(64, size + 1),
      })
      const text = decoder.decode(bytes)
      const module = kind === 'cjs' ? { cjs: text } : { text }
      unpacked[at] = module
      return module
    },
  }
}
