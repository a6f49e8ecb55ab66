import { cbor } from '@smithy/core/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SerializationFailure } from '../../../src/aws/wire/protocols/protocol.ts'
import { readCbor, Tagged } from '../../../src/aws/wire/protocols/read-cbor.ts'

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))

/** Appendix A of https://www.rfc-editor.org/rfc/rfc8949 */
const EXAMPLES: [string, unknown][] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['3863', -100],
  ['3903e7', -1000],
  ['f90000', 0],
  ['f93c00', 1],
  ['f97bff', 65_504],
  ['f90001', 2 ** -24],
  ['f9c400', -4],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f97e00', Number.NaN],
  ['fa47c35000', 100_000],
  ['fb3ff199999999999a', 1.1],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', null],
  ['4401020304', bytes('01020304')],
  ['5f42010243030405ff', bytes('0102030405')],
  ['6449455446', 'IETF'],
  ['62c3bc', 'ü'],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['80', []],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['a0', {}],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
  ['c11a514b67b0', new Tagged(1, 1_363_896_240)],
]

describe('a CBOR document', () => {
  it.each(EXAMPLES)('%s is read as the standard has it', (hex, value) => {
    expect(readCbor(bytes(hex))).toEqual(value)
  })

  it('is read as clients write it', () => {
    const plain = fc.jsonValue({ maxDepth: 2 })
    fc.assert(
      fc.property(plain, value => {
        const read = readCbor(Uint8Array.from(cbor.serialize(value)))
        // A minus zero is written as an integer.
        expect(JSON.stringify(read)).toBe(JSON.stringify(value))
      }),
    )
  })

  const BROKEN: [string, string][] = [
    ['nothing', ''],
    ['text that ends early', '6449'],
    ['more than one item', '0000'],
    ['a list longer than the document', '9b00000000ffffffff'],
    ['a text longer than memory', '7bffffffffffffffff'],
    ['a map whose keys are numbers', 'a10102'],
    ['a list that never ends', '9f01'],
    ['a break without a beginning', 'ff'],
    ['an unassigned length', '1c'],
    ['text that is no UTF-8', '61ff'],
    ['pieces of bytes in a text', '7f4101ff'],
  ]
  it.each(BROKEN)('is refused: %s', (_name, hex) => {
    expect(() => readCbor(bytes(hex))).toThrow(SerializationFailure)
  })

  it('is refused when it is nested too deeply', () => {
    expect(() => readCbor(new Uint8Array(100_000).fill(0x81))).toThrow('nested too deeply')
    expect(() => readCbor(new Uint8Array(100_000).fill(0xc1))).toThrow('nested too deeply')
  })

  it('reaches no prototype', () => {
    const key = '__proto__'
    const read = readCbor(bytes(`a1${(0x60 + key.length).toString(16)}${Buffer.from(key).toString('hex')}a0`))
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(Object.keys(read as object)).toEqual([key])
  })

  it('of whatever bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), any => {
        try {
          readCbor(any)
        } catch (error) {
          expect(error).toBeInstanceOf(SerializationFailure)
        }
      }),
    )
  })
})
