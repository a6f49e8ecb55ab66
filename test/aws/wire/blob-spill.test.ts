import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlobSpill } from '../../../src/aws/wire/blob-spill.ts'

const MEMBERS = new Set(['ZipFile', 'Data'])
const LIMIT = 64 * 1024 * 1024

/** Reads a document as the wire does: bytes that were taken out come back as bytes where bytes are decoded. */
function readInChunks(document: Uint8Array, borders: readonly number[], declared = document.length): unknown {
  const spill = new BlobSpill(MEMBERS, declared, LIMIT)
  let start = 0
  for (const border of [...borders].sort((a, b) => a - b)) {
    const end = Math.min(border, document.length)
    if (end <= start) continue
    spill.write(document.subarray(start, end))
    start = end
  }
  spill.write(document.subarray(start))
  return spill.restore(decode(JSON.parse(new TextDecoder().decode(spill.end()))))
}

/** What a codec does with a member that holds bytes; what is not base64 stays what it is. */
function decode(value: unknown, name = ''): unknown {
  if (
    typeof value === 'string' &&
    MEMBERS.has(name) &&
    /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(value)
  )
    return Uint8Array.from(Buffer.from(value, 'base64'))
  if (Array.isArray(value)) return value.map(item => decode(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, key)]))
}

const bytes = (least: number, most: number) =>
  fc.tuple(fc.nat(255), fc.integer({ min: least, max: most })).map(([seed, length]) => {
    const filled = new Uint8Array(length)
    for (let i = 0; i < length; i++) filled[i] = (seed + i * 167 + (i >> 8) * 13) & 0xff
    return Buffer.from(filled).toString('base64')
  })

const wrong = fc.tuple(
  bytes(3000, 7000),
  fc.nat(9500),
  fc.constantFrom(' ', '=', '\n', '"', '\\', 'é', '\u0000'),
)

const text = fc.oneof(
  fc.string(),
  bytes(0, 200),
  bytes(3000, 9000),
  wrong.map(([base64, at, what]) => base64.slice(0, at) + what + base64.slice(at)),
  bytes(3070, 3080).map(base64 => base64.replace(/=*$/, '')),
)

const document = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom('ZipFile', 'Data', 'Name', 'a"b\\', '__proto__'), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
})).object

/** The same document in other spellings: clients escape slashes, plus signs, anything. */
const spellings: Record<string, (json: string) => string> = {
  plain: json => json,
  spaced: json => JSON.stringify(JSON.parse(json), null, '\t '),
  'with escaped slashes': json => json.replaceAll('/', '\\/'),
  'with escaped plus signs': json =>
    json.replace(/[+=]/g, c => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`),
}

describe('large binary members taken out of a document', () => {
  it.each(Object.entries(spellings))(
    'are those that decoding it whole gives, when it is %s',
    (_name, spell) => {
      fc.assert(
        fc.property(
          document,
          fc.array(fc.nat(30_000), { maxLength: 12 }),
          fc.boolean(),
          (value, borders, declared) => {
            const json = new TextEncoder().encode(spell(JSON.stringify(value)))
            const expected = decode(JSON.parse(new TextDecoder().decode(json)))
            expect(readInChunks(json, borders, declared ? json.length : Number.NaN)).toEqual(expected)
          },
        ),
        { numRuns: 150 },
      )
    },
  )

  it('are the same at every single border of chunks', () => {
    const value = { Code: { ZipFile: 'ab+/'.repeat(1100) }, Data: `${'/+cd'.repeat(1024)}AA==`, Name: 'x' }
    const json = new TextEncoder().encode(
      JSON.stringify(value).replaceAll('/', '\\/').replaceAll('+', '\\u002b'),
    )
    const expected = decode(value)
    for (let border = 0; border < json.length; border += border % 4000 < 60 ? 1 : 97) {
      expect(readInChunks(json, [border])).toEqual(expected)
    }
  })

  it('may be more than a byte can count', () => {
    const list = Array.from({ length: 700 }, (_, i) => ({
      Data: Buffer.alloc(3090, `${i} `).toString('base64'),
    }))
    const json = new TextEncoder().encode(JSON.stringify({ list }))
    expect(readInChunks(json, [])).toEqual(decode({ list }))
  })

  it('take no more memory together than the document is long', () => {
    const json = new TextEncoder().encode(`{"list":[${Array(200).fill(`{"Data":"${'A'.repeat(5000)}"}`)}]}`)
    const before = process.memoryUsage().arrayBuffers
    const spills = Array.from({ length: 10 }, () => {
      const spill = new BlobSpill(MEMBERS, json.length, LIMIT)
      spill.write(json)
      return spill
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(spills.length * 2 * json.length)
  })

  it('stay text where the document has no bytes', () => {
    const base64 = Buffer.alloc(6000, 'variable').toString('base64')
    const json = new TextEncoder().encode(JSON.stringify({ Variables: { ZipFile: base64 } }))
    const spill = new BlobSpill(MEMBERS, json.length, LIMIT)
    spill.write(json)
    expect(spill.end().length).toBeLessThan(100)
    expect(spill.restore(JSON.parse(new TextDecoder().decode(spill.end())))).toEqual({
      Variables: { ZipFile: base64 },
    })
  })
})
