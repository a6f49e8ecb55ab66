import { crc32 } from 'node:zlib'

/**
 * WebAssembly of a package, which Workers compile only when it is uploaded as such: files that hold it, and the Base64
 * texts in which libraries bring theirs along.
 */
export function* wasmIn(source: string): Iterable<Uint8Array> {
  if (!source.includes(MAGIC_BASE64)) return
  for (const [, , text] of source.matchAll(/(["'`])(AGFzbQEA[A-Za-z0-9+/]*={0,2})\1/g)) {
    const bytes = Buffer.from(text!, 'base64')
    if (isWasm(bytes)) yield bytes
  }
}

/** `\0asm` and version 1: https://webassembly.github.io/spec/core/binary/modules.html#binary-module */
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const MAGIC_BASE64 = 'AGFzbQEA'

export const isWasm = (bytes: Uint8Array): boolean => MAGIC.every((byte, at) => bytes[at] === byte)

/** No uploaded file's path begins so: read-zip.ts refuses it. */
export const WASM_ROOT = '../wasm/'

/** What a program is told apart by, when it hands these bytes to WebAssembly. */
export const wasmKey = (bytes: Uint8Array): string => `${bytes.length}-${crc32(bytes).toString(16)}`
