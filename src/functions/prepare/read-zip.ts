import { crc32, inflateRawSync } from 'node:zlib'

/** A file or symbolic link of a zip. Directories are implied by the paths of what is in them. */
export interface ZipEntry {
  /** Relative, `/`-separated, without empty, `.` or `..` segments. */
  path: string
  /** Bytes unpacked, as the directory declares; unpacking fails when they are not what comes out. */
  size: number
  isLink: boolean
  /** @internal */
  method: number
  crc: number
  /** Where the packed bytes lie in the zip. */
  start: number
  end: number
}

export interface ZipLimits {
  entries: number
  /** Sum of the sizes of all files. */
  unpackedBytes: number
}

export type ZipDirectory = { ok: true; entries: ZipEntry[] } | { ok: false; reason: ZipFault; cause: string }

/** `empty`: nothing in it. `too-large`: over a limit. `invalid`: anything else. */
export type ZipFault = 'empty' | 'too-large' | 'invalid'

// Structures and names: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
const END = 0x06054b50
const END_BYTES = 22
const END64_LOCATOR = 0x07064b50
const END64 = 0x06064b50
const ENTRY = 0x02014b50
const ENTRY_BYTES = 46
const LOCAL = 0x04034b50
const LOCAL_BYTES = 30
const EXTRA_ZIP64 = 1
const FLAG_ENCRYPTED = 1
const FLAG_MASKED = 1 << 13
const FLAG_UTF8 = 1 << 11
const STORED = 0
const DEFLATED = 8
const MADE_BY_UNIX = 3
const MADE_BY_OSX = 19
const UNIX_TYPE = 0o170000
const UNIX_LINK = 0o120000

class Invalid extends Error {}
const check = (condition: boolean, cause: string): void => {
  if (!condition) throw new Invalid(cause)
}

/**
 * Lists a zip that is whole in memory, trusting nothing in it: every offset, size and name is checked, so that
 * what follows can rely on them. Unpacks nothing. Never throws.
 */
export function readZip(zip: Uint8Array, limits: ZipLimits): ZipDirectory {
  if (zip.length === 0) return { ok: false, reason: 'empty', cause: 'no bytes' }
  try {
    return readDirectory(zip, limits)
  } catch (error) {
    // RangeErrors come from reads past the end of the zip.
    if (error instanceof Invalid || error instanceof RangeError) {
      return { ok: false, reason: 'invalid', cause: error.message }
    }
    throw error
  }
}

function readDirectory(zip: Uint8Array, limits: ZipLimits): ZipDirectory {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  const { count, start, end } = findDirectory(view)
  if (count === 0) return { ok: false, reason: 'empty', cause: 'no entries' }
  if (count > limits.entries) return { ok: false, reason: 'too-large', cause: `${count} entries` }
  const entries: ZipEntry[] = []
  const paths = new Set<string>()
  let unpacked = 0
  let at = start
  for (let n = 0; n < count; n++) {
    check(at + ENTRY_BYTES <= end && view.getUint32(at, true) === ENTRY, 'directory is shorter than it says')
    const header = readHeader(view, at)
    at = header.next
    check(at <= end, 'directory entry is longer than the directory')
    if (header.isDirectory) {
      check(header.size === 0, `directory ${header.path} has content`)
      continue
    }
    const packed = locate(view, header, start)
    check(!paths.has(header.path), `${header.path} is there twice`)
    paths.add(header.path)
    unpacked += header.size
    if (unpacked > limits.unpackedBytes) {
      return { ok: false, reason: 'too-large', cause: `at least ${unpacked} bytes unpacked` }
    }
    const { path, size, isLink, method, crc } = header
    entries.push({ path, size, isLink, method, crc, ...packed })
  }
  check(at === end, 'directory is longer than it says')
  for (const { path } of entries) {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      check(!paths.has(path.slice(0, slash)), `${path.slice(0, slash)} is a file and a directory`)
    }
  }
  if (entries.length === 0) return { ok: false, reason: 'empty', cause: 'directories only' }
  return { ok: true, entries }
}

function findDirectory(view: DataView): { count: number; start: number; end: number } {
  const lowest = Math.max(0, view.byteLength - END_BYTES - 0xffff)
  let at = view.byteLength - END_BYTES
  const isEnd = () =>
    view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength
  while (at >= lowest && !isEnd()) at--
  check(at >= lowest, 'no end of directory')
  check(view.getUint16(at + 4, true) === view.getUint16(at + 6, true), 'spread over several files')
  let count = view.getUint16(at + 10, true)
  let bytes = view.getUint32(at + 12, true)
  let start = view.getUint32(at + 16, true)
  let end = at
  const locator = at - 20
  if (locator >= 0 && view.getUint32(locator, true) === END64_LOCATOR) {
    const at64 = number64(view, locator + 8)
    check(at64 + 56 <= locator && view.getUint32(at64, true) === END64, 'no zip64 end of directory')
    count = number64(view, at64 + 32)
    bytes = number64(view, at64 + 40)
    start = number64(view, at64 + 48)
    end = at64
  }
  check(start + bytes === end, 'directory is not where it should be')
  return { count, start, end }
}

interface Header {
  path: string
  isDirectory: boolean
  isLink: boolean
  size: number
  packedSize: number
  method: number
  crc: number
  /** Of the local header. */
  offset: number
  nameBytes: Uint8Array
  next: number
}

function readHeader(view: DataView, at: number): Header {
  const madeBy = view.getUint8(at + 5)
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  const crc = view.getUint32(at + 16, true)
  let packedSize = view.getUint32(at + 20, true)
  let size = view.getUint32(at + 24, true)
  const nameLength = view.getUint16(at + 28, true)
  const extraLength = view.getUint16(at + 30, true)
  const commentLength = view.getUint16(at + 32, true)
  const mode = view.getUint32(at + 38, true) >>> 16
  let offset = view.getUint32(at + 42, true)
  const name = at + ENTRY_BYTES
  const extra = name + nameLength
  const next = extra + extraLength + commentLength
  check(next <= view.byteLength, 'directory entry is cut off')
  // The 64-bit values stand in the extra field in this order, those only whose 32-bit field is full.
  let wide = size === 0xffffffff || packedSize === 0xffffffff || offset === 0xffffffff
  for (let field = extra; wide && field + 4 <= extra + extraLength; ) {
    const length = view.getUint16(field + 2, true)
    if (view.getUint16(field, true) === EXTRA_ZIP64) {
      let value = field + 4
      const next = () => {
        value += 8
        return number64(view, value - 8)
      }
      if (size === 0xffffffff) size = next()
      if (packedSize === 0xffffffff) packedSize = next()
      if (offset === 0xffffffff) offset = next()
      check(value <= field + 4 + length, 'zip64 field is too short')
      wide = false
    }
    field += 4 + length
  }
  check(!wide, 'zip64 field is missing')
  const nameBytes = new Uint8Array(view.buffer, view.byteOffset + name, nameLength)
  const path = decodeName(nameBytes, (flags & FLAG_UTF8) !== 0)
  const isDirectory = path.endsWith('/')
  checkPath(isDirectory ? path.slice(0, -1) : path)
  check((flags & (FLAG_ENCRYPTED | FLAG_MASKED)) === 0, `${path} is encrypted`)
  check(method === STORED || method === DEFLATED, `${path} is packed with method ${method}`)
  check(method !== STORED || size === packedSize, `${path} is stored with two sizes`)
  const isLink = (madeBy === MADE_BY_UNIX || madeBy === MADE_BY_OSX) && (mode & UNIX_TYPE) === UNIX_LINK
  return { path, isDirectory, isLink, size, packedSize, method, crc, offset, nameBytes, next }
}

/** Finds the packed bytes behind the local header, which must name the same file as the directory does. */
function locate(view: DataView, header: Header, directory: number): { start: number; end: number } {
  const { offset, nameBytes, path } = header
  check(offset + LOCAL_BYTES <= directory && view.getUint32(offset, true) === LOCAL, `${path} is not there`)
  const nameLength = view.getUint16(offset + 26, true)
  const start = offset + LOCAL_BYTES + nameLength + view.getUint16(offset + 28, true)
  const end = start + header.packedSize
  check(end <= directory, `${path} is cut off`)
  let same = nameLength === nameBytes.length
  for (let at = 0; same && at < nameLength; at++) {
    same = view.getUint8(offset + LOCAL_BYTES + at) === nameBytes[at]
  }
  check(same, `${path} has a second name`)
  return { start, end }
}

function decodeName(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    check(!isUtf8, 'a name is not UTF-8')
    return new TextDecoder('latin1').decode(bytes)
  }
}

/** A path that could leave the package's directory, or mean different files to different readers, is refused. */
function checkPath(path: string): void {
  check(
    !/[\\\0]/.test(path) && !/^[A-Za-z]:/.test(path),
    `${JSON.stringify(path)} is not a path in a package`,
  )
  for (const segment of path.split('/')) {
    check(
      segment !== '' && segment !== '.' && segment !== '..',
      `${JSON.stringify(path)} is not a path in a package`,
    )
  }
}

function number64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true)
  check(value <= BigInt(Number.MAX_SAFE_INTEGER), 'a size is beyond all bounds')
  return Number(value)
}

/**
 * workerd makes room for a whole chunk of 40 KB before it inflates the next piece, and refuses when that alone
 * would exceed the limit.
 */
const INFLATE_MARGIN = 64 * 1024

/** Unpacks a file whole: a view of the zip if it is stored. Undefined when its bytes are not what they should be. */
export function unpack(zip: Uint8Array, entry: ZipEntry): Uint8Array | undefined {
  const packed = zip.subarray(entry.start, entry.end)
  let bytes = packed
  if (entry.method === DEFLATED) {
    try {
      // More than should come out, so that a lying size is noticed, yet without unpacking all of it.
      bytes = inflateRawSync(packed, {
        chunkSize: Math.max(64, entry.size + 1),
        maxOutputLength: entry.size + INFLATE_MARGIN,
      })
    } catch {
      return undefined
    }
  }
  return bytes.length === entry.size && crc32(bytes) === entry.crc ? bytes : undefined
}

/**
 * Unpacks a file piece by piece. False when its bytes are not what they should be, which is known at the end; more
 * than its size is never handed out.
 */
export async function unpackInPieces(
  zip: Uint8Array,
  entry: ZipEntry,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<boolean> {
  let size = 0
  let crc = 0
  const packed = zip.subarray(entry.start, entry.end)
  try {
    for await (const piece of entry.method === DEFLATED ? inflate(packed) : slices(packed)) {
      size += piece.length
      if (size > entry.size) return false
      crc = crc32(piece, crc)
      await write(piece)
    }
  } catch (error) {
    if (error instanceof Invalid) return false
    throw error
  }
  return size === entry.size && crc === entry.crc
}

const PIECE_BYTES = 256 * 1024

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

async function* inflate(packed: Uint8Array): AsyncIterable<Uint8Array> {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const slice of slices(packed)) controller.enqueue(slice as Uint8Array<ArrayBuffer>)
      controller.close()
    },
  })
  const reader = source.pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(error => {
        throw new Invalid(String(error))
      })
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
