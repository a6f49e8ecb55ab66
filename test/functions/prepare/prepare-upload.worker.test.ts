import { describe, expect, test } from 'vitest'
import { BytesHeld } from '../../../src/functions/prepare/bytes-held.ts'
import { prepareUpload } from '../../../src/functions/prepare/prepare-upload.ts'
import { type WrittenEntry, writeZip } from './zip-writer.ts'

// zlib, checksums and streams of workerd are not those of Node: what depends on them is held against both.
const CORRUPT = 'Could not unzip uploaded file. Please check your file, then try to upload again.'
const MB = 1024 * 1024

async function prepare(entries: WrittenEntry[], held = new BytesHeld()) {
  let written = 0
  const prepared = await prepareUpload(
    writeZip(entries),
    {
      async write(chunk) {
        written += chunk.length
      },
    },
    { held },
  )
  return { prepared, written, held }
}

/** A script of a length, which deflates, but not to nothing. */
function script(length: number): string {
  let text = 'exports.a = 1 //'
  let state = length
  const letters: string[] = []
  for (let at = text.length; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    letters.push(String.fromCharCode(97 + ((state >> 16) % 20)))
  }
  text += letters.join('')
  return text.slice(0, length)
}

describe('in workerd', () => {
  test.each([
    1, 1000, 40_959, 40_960, 40_961, 60_000, 65_535, 65_536, 81_920, 100_000, 131_071, 131_073, 200_000,
    262_145, 1_000_000, 3_000_000,
  ])('a script of %i bytes is unpacked', async length => {
    const { prepared, written } = await prepare([{ name: 'index.js', content: script(length) }])
    expect(prepared).toMatchObject({ ok: true, unpackedBytes: length })
    expect(written).toBeGreaterThanOrEqual(length)
  })

  test('files that are only copied are unpacked, deflated and stored', async () => {
    const content = script(3 * MB)
    const { prepared, written } = await prepare([
      { name: 'a.bin', content },
      { name: 'b.bin', content, method: 0 },
      { name: 'empty.bin', content: '' },
    ])
    expect(prepared).toMatchObject({ ok: true })
    expect(written).toBe(6 * MB)
  })

  const corrupt: [string, WrittenEntry][] = [
    ['a wrong checksum', { name: 'index.js', content: script(70_000), crc: 1 }],
    ['a size that is too small', { name: 'index.js', content: script(70_000), size: 69_999 }],
    ['a size that is too large', { name: 'index.js', content: script(70_000), size: 70_001 }],
    ['a wrong checksum of a copied file', { name: 'a.bin', content: script(70_000), crc: 1 }],
    ['a size of a copied file that is too small', { name: 'a.bin', content: script(70_000), size: 10 }],
    ['bytes that do not inflate', { name: 'index.js', content: 'x'.repeat(500), method: 0, flags: 0x800 }],
  ]
  test.each(corrupt)('%s is refused', async (name, entry) => {
    const entries = [entry]
    const zip = writeZip(entries)
    if (name === 'bytes that do not inflate') {
      // Said to be deflated, in both headers.
      for (let at = 0; at + 4 < zip.length; at++) {
        if (zip[at] === 0x50 && zip[at + 1] === 0x4b && zip[at + 2] === 3 && zip[at + 3] === 4)
          zip[at + 8] = 8
        if (zip[at] === 0x50 && zip[at + 1] === 0x4b && zip[at + 2] === 1 && zip[at + 3] === 2)
          zip[at + 10] = 8
      }
    }
    const prepared = await prepareUpload(zip, { write: async () => {} })
    expect(prepared).toMatchObject({ ok: false, code: 'InvalidParameterValueException', message: CORRUPT })
  })

  test('what hides 64 MB behind a small size is stopped early', async () => {
    for (const name of ['bomb.js', 'bomb.bin']) {
      const { prepared, held } = await prepare([{ name, content: new Uint8Array(64 * MB), size: 100 }])
      expect(prepared).toMatchObject({ ok: false, message: CORRUPT })
      expect(held.peak).toBeLessThan(8 * MB)
    }
  })
})
