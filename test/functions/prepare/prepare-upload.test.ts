import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { BytesHeld } from '../../../src/functions/prepare/bytes-held.ts'
import { prepareUpload, UPLOAD_LIMITS } from '../../../src/functions/prepare/prepare-upload.ts'
import { readArchive } from '../../../src/functions/prepare/read-archive.ts'
import { concat, type WrittenEnd, type WrittenEntry, writeZip } from './zip-writer.ts'

const CORRUPT = 'Could not unzip uploaded file. Please check your file, then try to upload again.'
const EMPTY = 'Uploaded file must be a non-empty zip'
const MB = 1024 * 1024

async function prepare(zip: Uint8Array, limits = UPLOAD_LIMITS, held = new BytesHeld()) {
  const parts: Uint8Array[] = []
  const prepared = await prepareUpload(
    zip,
    {
      async write(chunk) {
        parts.push(chunk.slice())
      },
    },
    { limits, held },
  )
  return { prepared, archive: concat(...parts), held }
}

async function modulesOf(zip: Uint8Array) {
  const { prepared, archive } = await prepare(zip)
  if (!prepared.ok) throw new Error(`${prepared.message} (${prepared.cause})`)
  const stream = new Blob([archive as Uint8Array<ArrayBuffer>]).stream()
  return { index: prepared.index, modules: await readArchive(stream, prepared.index) }
}

async function messageFor(entries: WrittenEntry[], end?: WrittenEnd) {
  const { prepared } = await prepare(writeZip(entries, end))
  return prepared.ok ? 'accepted' : prepared.message
}

const file: WrittenEntry = { name: 'index.js', content: 'exports.handler = () => 1' }

describe('zips that cannot be unpacked are refused with the sentence of AWS', () => {
  const cases: [string, WrittenEntry[], WrittenEnd?][] = [
    ['a path out of the package', [{ ...file, name: '../index.js' }]],
    ['a path out of the package, later on', [{ ...file, name: 'a/../../index.js' }]],
    ['an absolute path', [{ ...file, name: '/etc/index.js' }]],
    ['a drive', [{ ...file, name: 'C:index.js' }]],
    ['backslashes', [{ ...file, name: 'a\\index.js' }]],
    ['a NUL in a name', [{ ...file, name: 'index.js\0.png' }]],
    ['an empty segment', [{ ...file, name: 'a//index.js' }]],
    ['an empty name', [{ ...file, name: '' }]],
    ['a segment of one dot', [{ ...file, name: './index.js' }]],
    ['a name twice', [file, file]],
    [
      'a file that is also a directory',
      [
        { ...file, name: 'a' },
        { ...file, name: 'a/b' },
      ],
    ],
    ['two names for one file', [{ ...file, localName: 'other.js' }]],
    ['a name that is not UTF-8 but says so', [{ ...file, name: new Uint8Array([0xff, 0xfe]) }]],
    ['an encrypted file', [{ ...file, flags: 1 }]],
    ['a method that nobody knows', [{ ...file, method: 99 }]],
    ['a wrong checksum', [{ ...file, crc: 1 }]],
    ['a wrong checksum of a stored file', [{ ...file, method: 0, crc: 1 }]],
    ['a size that is too small', [{ ...file, size: 3 }]],
    ['a size that is too large', [{ ...file, size: 300 }]],
    ['a packed size beyond the zip', [{ ...file, packedSize: 1e6 }]],
    ['two sizes of a stored file', [{ ...file, method: 0, size: 3 }]],
    ['a directory with content', [{ name: 'a/', content: 'x' }]],
    ['a directory elsewhere', [file], { start: 3 }],
    ['a directory of another length', [file], { bytes: 3 }],
    ['fewer files than the directory', [file, { ...file, name: 'b.js' }], { count: 1 }],
    ['more files than the directory', [file], { count: 2 }],
    ['a full 32-bit size without a 64-bit one', [{ ...file, size: 0xffffffff }]],
    ['a streamed file with a wrong checksum', [{ name: 'large.bin', content: 'x'.repeat(11 * MB), crc: 1 }]],
    [
      'a streamed file that is longer than it says',
      [{ name: 'l.bin', content: 'x'.repeat(2 * MB), size: MB }],
    ],
    ['a large script with a wrong checksum', [{ ...file, content: ' '.repeat(11 * MB), crc: 1 }]],
  ]
  test.each(cases)('%s', async (_, entries, end) => {
    expect(await messageFor(entries, end)).toBe(CORRUPT)
  })

  test('every truncation of a zip', async () => {
    const zip = writeZip([file, { name: 'b.json', content: '{}' }])
    for (let length = 1; length < zip.length; length++) {
      const { prepared } = await prepare(zip.subarray(0, length))
      expect(prepared).toMatchObject({ ok: false, code: 'InvalidParameterValueException', message: CORRUPT })
    }
  })

  test('bytes that are no zip', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async bytes => {
        const { prepared } = await prepare(bytes)
        expect(prepared).toMatchObject({ ok: false, code: 'InvalidParameterValueException' })
      }),
    )
  })

  test('zips with bytes changed never throw and never give other content', async () => {
    const zip = writeZip([file, { name: 'd/b.txt', content: 'text '.repeat(40) }])
    const original = await modulesOf(zip)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async changes => {
          const changed = zip.slice()
          for (const [at, value] of changes) changed[at] = value
          const { prepared } = await prepare(changed)
          if (!prepared.ok) return
          const { modules } = await modulesOf(changed)
          expect(Object.values(modules)).toEqual(Object.values(original.modules))
        },
      ),
    )
  })
})

describe('zips with nothing in them', () => {
  test('no bytes', async () => {
    expect((await prepare(new Uint8Array(0))).prepared).toMatchObject({ message: EMPTY })
  })
  test('no files', async () => {
    expect(await messageFor([])).toBe(EMPTY)
    expect(await messageFor([{ name: 'a/', method: 0 }])).toBe(EMPTY)
  })
})

describe('limits', () => {
  const tooLarge = `Unzipped size must be smaller than ${UPLOAD_LIMITS.unpackedBytes} bytes`

  test('of unpacked bytes, as declared', async () => {
    expect(await messageFor([{ ...file, size: 61 * MB }])).toBe(tooLarge)
    const entries = Array.from({ length: 61 }, (_, n) => ({ name: `${n}`, content: '', size: MB }))
    expect(await messageFor(entries)).toBe(tooLarge)
  })
  test('of unpacked bytes, hidden behind small declared sizes', async () => {
    // 64 MB of zeros deflate to 64 KB; the directory says 100 bytes.
    const bomb = { name: 'bomb.js', content: new Uint8Array(64 * MB), size: 100 }
    const { prepared, held } = await prepare(writeZip([bomb]))
    expect(prepared).toMatchObject({ ok: false, message: CORRUPT })
    expect(held.peak).toBeLessThan(8 * MB)
  })
  test('of entries', async () => {
    const entries = Array.from({ length: 21 }, (_, n) => ({ ...file, name: `${n}.js` }))
    const { prepared } = await prepare(writeZip(entries), { ...UPLOAD_LIMITS, entries: 20 })
    expect(prepared).toMatchObject({ ok: false, message: tooLarge })
  })
  test('of the zip itself', async () => {
    const { prepared } = await prepare(new Uint8Array(UPLOAD_LIMITS.zippedBytes + 1))
    expect(prepared).toMatchObject({ ok: false, code: 'RequestEntityTooLargeException' })
  })
})

describe('zips of all kinds are read', () => {
  test('with data descriptors, comments, directories and stored files', async () => {
    const { modules } = await modulesOf(
      writeZip(
        [
          { name: 'd/', method: 0, mode: 0o40755 },
          { name: 'd/a.txt', content: 'one', hasDescriptor: true },
          { name: 'd/b.txt', content: 'two', method: 0 },
          { name: 'd/empty.txt', content: '' },
        ],
        { comment: 'made by hand' },
      ),
    )
    expect(Object.keys(modules)).toEqual(['d/a.txt', 'd/b.txt', 'd/empty.txt'])
    expect(text(modules['d/a.txt'])).toBe('one')
    expect(text(modules['d/b.txt'])).toBe('two')
    expect(text(modules['d/empty.txt'])).toBe('')
  })
  test('in the 64-bit form', async () => {
    const { modules } = await modulesOf(
      writeZip([{ name: 'a.txt', content: 'one', zip64: true }], { zip64: true }),
    )
    expect(text(modules['a.txt'])).toBe('one')
  })
  test('with names beyond ASCII', async () => {
    const { modules } = await modulesOf(
      writeZip([
        { name: 'größe/日本.txt', content: 'a' },
        { name: new Uint8Array([0xe9, 0x2e, 0x74]), content: 'b', flags: 0 },
      ]),
    )
    expect(Object.keys(modules)).toEqual(['größe/日本.txt', 'é.t'])
  })
  test('with symbolic links, as long as they stay inside', async () => {
    const link = (name: string, target: string) => ({ name, content: target, mode: 0o120777, method: 0 })
    const { index } = await modulesOf(
      writeZip([
        { name: 'node_modules/.store/a/index.js', content: '' },
        link('node_modules/a', '.store/a'),
        link('lib/deep/b', '../../node_modules/./a'),
        link('out', '../etc/passwd'),
        link('root', '/etc/passwd'),
      ]),
    )
    expect(index.links).toEqual([
      ['node_modules/a', 'node_modules/.store/a'],
      ['lib/deep/b', 'node_modules/a'],
    ])
  })
})

describe('files become modules', () => {
  const kindsOf = async (files: Record<string, string>) => {
    const { index } = await modulesOf(zipOf(files))
    return Object.fromEntries(index.files.map(([path, kind]) => [path, kind]))
  }

  test('by extension, by package and by syntax', async () => {
    expect(
      await kindsOf({
        'a.js': 'module.exports = 1',
        'b.js': 'export default 1',
        'c.mjs': '',
        'd.cjs': '',
        'e.json': '{}',
        'f.txt': 'export default',
        'm/package.json': '{"type":"module"}',
        'm/a.js': '',
        'm/d.cjs': '',
        'm/node_modules/x/a.js': '',
        'c/package.json': '{"type":"commonjs"}',
        'c/b.js': 'export default 1',
        'bin/tool': '#!/usr/bin/env node\nconsole.log(1)',
        LICENSE: 'Apache',
        image: '\0PNG',
      }),
    ).toEqual({
      'a.js': 'cjs',
      'b.js': 'esm',
      'c.mjs': 'esm',
      'd.cjs': 'cjs',
      'e.json': 'json',
      'f.txt': 'data',
      'm/package.json': 'json',
      'm/a.js': 'esm',
      'm/d.cjs': 'cjs',
      'm/node_modules/x/a.js': 'cjs',
      'c/package.json': 'json',
      'c/b.js': 'cjs',
      'bin/tool': 'cjs',
      LICENSE: 'data',
      image: 'data',
    })
  })

  test('leaving out what installed packages carry for compilers and readers', async () => {
    expect(
      await kindsOf({
        'a.d.ts': '',
        'a.js.map': '',
        'node_modules/x/index.js': '',
        'node_modules/x/index.d.ts': '',
        'node_modules/x/index.js.map': '',
        'node_modules/x/README.md': '',
        'node_modules/x/src/index.ts': '',
      }),
    ).toEqual({ 'a.d.ts': 'data', 'a.js.map': 'data', 'node_modules/x/index.js': 'cjs' })
  })

  test('naming what cannot be loaded, and where it does not parse', async () => {
    const { index } = await modulesOf(
      zipOf({
        'index.js': 'const a = 1\n\nconst b = {',
        'module.mjs': 'export const a = 1\nexport const = 2',
        'build/x.node': 'ELF',
        'node_modules/x/broken.js': 'const = ',
      }),
    )
    expect(index.refused).toEqual([
      ['module.mjs', 'syntax'],
      ['build/x.node', 'native-addon'],
    ])
    expect(index.syntaxErrors).toEqual([
      ['index.js', 'Unexpected token', 3, 12],
      ['module.mjs', 'Unexpected token', 2, 14],
    ])
  })

  test('listing the packages that are named but not there', async () => {
    const { index } = await modulesOf(
      zipOf({
        'index.mjs': `import { S3 } from '@aws-sdk/client-s3'; import 'here/sub'; import 'fs'; import('late'); import './x.js'`,
        'x.js': `require('@smithy/core/x'); require("node:fs"); require('../y'); require('root'); require('/abs')`,
        'package.json': '{"name":"root"}',
        'node_modules/here/index.js': '',
      }),
    )
    expect(index.missingPackages).toEqual(['@aws-sdk/client-s3', '@smithy/core', 'late'])
  })
})

describe('memory', () => {
  test('an upload of 20 MB zipped and 60 MB unpacked holds less than 64 MB', async () => {
    // Half noise, which does not shrink, half text that does; scripts of all kinds among them.
    const noise = new Uint8Array(17 * MB)
    let state = 1
    for (let at = 0; at < noise.length; at++) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      noise[at] = state >> 16
    }
    const line = 'export const value = "Größe 日本" + other; // text\n'
    const script = `import other from './b.mjs'\n${line.slice(0, 7)}${'const a = 1;\n'.repeat(700_000).slice(0, 9.5 * MB)}`
    const files: Record<string, [Uint8Array, { level: 0 | 1 }]> = {
      'noise.bin': [noise, { level: 0 }],
      'index.mjs': [
        new TextEncoder().encode(`// 日本\n${script.replace('export ', '').replaceAll('const a', 'var a')}`),
        { level: 1 },
      ],
      'large.cjs': [new TextEncoder().encode('f();\n'.repeat(2.6 * MB)), { level: 1 }],
      'large.json': [new TextEncoder().encode(`[${'1,'.repeat(5 * MB)}1]`), { level: 1 }],
    }
    for (let n = 0; n < 400; n++) {
      files[`node_modules/p${n}/index.js`] = [
        new TextEncoder().encode(`exports.a${n} = 1;\n`.repeat(800)),
        { level: 1 },
      ]
    }
    const zip = zipSync(files)
    const held = new BytesHeld()
    let archived = 0
    const prepared = await prepareUpload(
      zip,
      {
        async write(chunk) {
          archived += chunk.length
        },
      },
      { held },
    )
    expect(prepared).toMatchObject({ ok: true })
    expect(zip.length).toBeGreaterThan(17 * MB)
    expect(prepared.ok && prepared.unpackedBytes).toBeGreaterThan(50 * MB)
    expect(archived).toBeGreaterThan(50 * MB)
    expect(held.peak).toBeLessThan(64 * MB)
    expect(held.now).toBe(0)
  }, 60_000)
})

function zipOf(files: Record<string, string>): Uint8Array {
  return writeZip(Object.entries(files).map(([name, content]) => ({ name, content })))
}

const text = (module: object | undefined): string =>
  new TextDecoder().decode((module as { data: ArrayBuffer }).data)
