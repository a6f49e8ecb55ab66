import { env as workerEnv } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../../../src/env.ts'
import type { ArchiveIndex } from '../../../src/functions/prepare/archive-index.ts'
import { readArchive } from '../../../src/functions/prepare/read-archive.ts'

const { STORE } = workerEnv as unknown as Env

const MB = 1024 * 1024

/** Two large files with small ones round them; the texts and the bytes tell where they begin. */
const CONTENT: [path: string, kind: 'cjs' | 'data', content: string][] = [
  ['first.js', 'cjs', 'first'],
  ['large.js', 'cjs', `b${'ö'.repeat(5 * MB)}e`],
  ['empty.txt', 'data', ''],
  ['large.bin', 'data', `b${'x'.repeat(9 * MB)}e`],
  ['last.js', 'cjs', 'last'],
]
const encoder = new TextEncoder()
const bytes = CONTENT.map(([, , content]) => encoder.encode(content))
const index = {
  files: CONTENT.map(([path, kind], at) => [path, kind, bytes[at]!.length]),
} as unknown as ArchiveIndex

test.each([
  ['the store', async () => (await stored(bytes))!.body],
  ['a stream of pieces', async () => streamOf(bytes)],
])('reads an archive that is too large to be read at once from %s', async (_, open) => {
  const modules = await readArchive(await open(), index)
  for (const [path, kind, content] of CONTENT) {
    const found = modules[path] as { cjs?: string; data?: ArrayBuffer }
    const text = kind === 'cjs' ? found.cjs! : new TextDecoder().decode(found.data)
    expect([path, text.length, text.at(0), text.at(-1)]).toEqual([
      path,
      content.length,
      content.at(0),
      content.at(-1),
    ])
  }
})

test.each([19, 3])('says that an archive ends too early (%s MB of it are there)', async size => {
  const short = new Blob(bytes).slice(0, size * MB)
  await expect(readArchive(short.stream(), index)).rejects.toThrow('the archive ends before')
})

async function stored(parts: Uint8Array[]) {
  await STORE.put('test/archive', await new Blob(parts).arrayBuffer())
  return STORE.get('test/archive')
}

const streamOf = (parts: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) if (part.length > 0) controller.enqueue(part)
      controller.close()
    },
  })
