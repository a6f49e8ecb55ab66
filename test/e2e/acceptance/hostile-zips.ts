import { crc32, deflateRawSync } from 'node:zlib'

interface Entry {
  readonly name: string | Buffer
  readonly content: Buffer
  /** What the headers say instead of the truth. */
  readonly declaredSize?: number
  readonly crc?: number
  readonly method?: number
  readonly flags?: number
  readonly mode?: number
}

/** A zip written field by field, so that any of them can lie. Layout: PKWARE's APPNOTE.TXT 6.3.10, section 4.3. */
export function writeZip(entries: readonly Entry[], count = entries.length): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name as string)
    const method = entry.method ?? 8
    const packed = method === 8 ? deflateRawSync(entry.content) : entry.content
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(entry.flags ?? 0, 2)
    shared.writeUInt16LE(method, 4)
    shared.writeUInt32LE(entry.crc ?? crc32(entry.content), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE((entry.declaredSize ?? entry.content.length) >>> 0, 18)
    shared.writeUInt16LE(name.length, 22)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE((3 << 8) | 20, 4)
    shared.copy(central, 6)
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38)
    central.writeUInt32LE(offset, 42)
    const signature = Buffer.from('PK\x03\x04', 'latin1')
    files.push(signature, shared, name, packed)
    directory.push(central, name)
    offset += signature.length + shared.length + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, 0xffff), 8)
  end.writeUInt16LE(Math.min(count, 0xffff), 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...files, ...directory, end])
}

const index = { name: 'index.js', content: Buffer.from('exports.handler = async () => 1') }
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes)
const beside = (entry: Partial<Entry>): Buffer =>
  writeZip([index, { name: 'data.json', content: Buffer.from('1'), ...entry }])

/** Packages that must be refused, each for a reason of its own. */
export const HOSTILE_ZIPS: Readonly<Record<string, () => Buffer>> = {
  'a bomb that declares its 300 MB': () => beside({ content: zeros(300_000_000) }),
  'a bomb that declares one byte': () => beside({ content: zeros(300_000_000), declaredSize: 1 }),
  'a bomb that declares almost 4 GB': () => beside({ declaredSize: 0xfffffff0 }),
  'many files that are too large together': () =>
    writeZip([
      index,
      ...Array.from({ length: 80 }, (_, n) => ({ name: `${n}.json`, content: zeros(1_000_000) })),
    ]),
  'a file that shrinks': () => beside({ content: Buffer.from('"abc"'), declaredSize: 4000 }),
  'a wrong checksum': () => beside({ crc: 1 }),
  'an unknown method': () => beside({ method: 14 }),
  'an encrypted file': () => beside({ flags: 1 }),
  'a path that climbs out': () => beside({ name: '../../../../etc/passwd' }),
  'a path that climbs out in the middle': () => beside({ name: 'lib/../../x.js' }),
  'an absolute path': () => beside({ name: '/etc/passwd' }),
  'a path of Windows that climbs out': () => beside({ name: '..\\..\\x.js' }),
  'a path with NUL': () => beside({ name: 'a\0b.js' }),
  'no path': () => beside({ name: '' }),
  'one path twice': () => beside({ name: 'index.js' }),
  'a file count that lies': () => writeZip([index], 60_000),
  'nothing in it': () => writeZip([]),
  'only a directory': () => writeZip([{ name: 'lib/', content: zeros(0), method: 0 }]),
}

/** Packages that a service may take or refuse: what counts is that it stays composed, also when they are invoked. */
export const STRANGE_ZIPS: Readonly<Record<string, () => Buffer>> = {
  'no handler module': () => writeZip([{ ...index, name: 'other.js' }]),
  'a handler that is no JavaScript': () =>
    writeZip([{ ...index, content: Buffer.from('this is ( not code') }]),
  'a handler of random bytes': () =>
    writeZip([{ ...index, content: Buffer.from([0xff, 0xfe, 0, 1, 2, 0x80]) }]),
  'a handler that throws while it loads': () =>
    writeZip([{ ...index, content: Buffer.from('throw new Error("at load")') }]),
  'a handler that requires itself': () =>
    writeZip([{ ...index, content: Buffer.from('require("./index")') }]),
  'a handler that requires what is not there': () =>
    writeZip([{ ...index, content: Buffer.from('require("nowhere")') }]),
  'a path that is not UTF-8': () => beside({ name: Buffer.from([0xff, 0xc0, 0x2e, 0x6a, 0x73]) }),
  'ten thousand files': () =>
    writeZip([
      index,
      ...Array.from({ length: 10_000 }, (_, n) => ({ name: `f/${n}.txt`, content: zeros(1) })),
    ]),
  'a path of 60,000 characters': () => beside({ name: `${'d/'.repeat(30_000)}x.js` }),
  'a package.json that is no JSON': () => beside({ name: 'package.json', content: Buffer.from('{"type":') }),
  'a package.json that is null': () => beside({ name: 'package.json', content: Buffer.from('null') }),
  'a link that leads out': () =>
    beside({ name: 'out', content: Buffer.from('../../etc/passwd'), mode: 0o120777, method: 0 }),
  'a file named __proto__': () => beside({ name: '__proto__', content: Buffer.from('{}') }),
}
