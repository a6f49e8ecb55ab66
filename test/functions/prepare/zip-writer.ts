import { crc32, deflateRawSync } from 'node:zlib'

export interface WrittenEntry {
  name: string | Uint8Array
  content?: Uint8Array | string
  /** What the headers say, where it is not the truth. */
  size?: number
  packedSize?: number
  crc?: number
  flags?: number
  method?: number
  /** Unix mode, as `zip` writes it. */
  mode?: number
  localName?: string
  extra?: Uint8Array
  /** Sizes and checksum behind the content instead of before it, as streaming writers do. */
  hasDescriptor?: boolean
  zip64?: boolean
}

export interface WrittenEnd {
  count?: number
  bytes?: number
  start?: number
  comment?: string
  zip64?: boolean
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text

/** Writes a zip that may lie about anything. */
export function writeZip(entries: WrittenEntry[], end: WrittenEnd = {}): Uint8Array {
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const entry of entries) {
    const name = bytesOf(entry.name)
    const localName = bytesOf(entry.localName ?? entry.name)
    const content = bytesOf(entry.content ?? '')
    const method = entry.method ?? 8
    const packed = method === 8 ? new Uint8Array(deflateRawSync(content)) : content
    const size = entry.size ?? content.length
    const packedSize = entry.packedSize ?? packed.length
    const crc = entry.crc ?? crc32(content)
    const flags = (entry.flags ?? 0x800) | (entry.hasDescriptor ? 8 : 0)
    const wide = concat(u16(1), u16(24), u64(size), u64(packedSize), u64(offset))
    const extra = concat(entry.extra ?? new Uint8Array(0), entry.zip64 ? wide : new Uint8Array(0))
    const local = concat(
      u32(0x04034b50),
      u16(20),
      u16(flags),
      u16(method),
      u32(0),
      u32(entry.hasDescriptor ? 0 : crc),
      u32(entry.hasDescriptor ? 0 : packedSize),
      u32(entry.hasDescriptor ? 0 : size),
      u16(localName.length),
      u16(0),
      localName,
      packed,
      entry.hasDescriptor ? concat(u32(0x08074b50), u32(crc), u32(packedSize), u32(size)) : new Uint8Array(0),
    )
    directory.push(
      concat(
        u32(0x02014b50),
        u16(0x0314),
        u16(20),
        u16(flags),
        u16(method),
        u32(0),
        u32(crc),
        u32(entry.zip64 ? 0xffffffff : packedSize),
        u32(entry.zip64 ? 0xffffffff : size),
        u16(name.length),
        u16(extra.length),
        u16(0),
        u16(0),
        u16(0),
        u32((entry.mode ?? 0o100644) * 0x10000),
        u32(entry.zip64 ? 0xffffffff : offset),
        name,
        extra,
      ),
    )
    locals.push(local)
    offset += local.length
  }
  const listed = concat(...directory)
  const count = end.count ?? entries.length
  const bytes = end.bytes ?? listed.length
  const start = end.start ?? offset
  const comment = bytesOf(end.comment ?? '')
  const end64 = end.zip64
    ? concat(
        u32(0x06064b50),
        u64(44),
        u16(45),
        u16(45),
        u32(0),
        u32(0),
        u64(count),
        u64(count),
        u64(bytes),
        u64(start),
        u32(0x07064b50),
        u32(0),
        u64(offset + listed.length),
        u32(1),
      )
    : new Uint8Array(0)
  return concat(
    ...locals,
    listed,
    end64,
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(end.zip64 ? 0xffff : count),
    u16(end.zip64 ? 0xffff : count),
    u32(end.zip64 ? 0xffffffff : bytes),
    u32(end.zip64 ? 0xffffffff : start),
    u16(comment.length),
    comment,
  )
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const u16 = (value: number) => new Uint8Array([value & 255, (value >> 8) & 255])
const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer)
const u64 = (value: number) => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)
