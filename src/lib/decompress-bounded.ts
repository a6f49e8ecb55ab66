import type { Buffer } from 'node:buffer'
import { readStream } from './read-bounded.ts'

/**
 * Decompresses a body, and stops as soon as it is known to have more than `limit` bytes: a few kilobytes may stand for
 * gigabytes.
 */
export async function decompressBounded(
  bytes: Uint8Array,
  coding: 'gzip' | 'deflate',
  limit: number,
): Promise<Buffer<ArrayBuffer> | 'too-large' | 'broken'> {
  const compressed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  try {
    return (await readStream(compressed.pipeThrough(new DecompressionStream(coding)), limit)) ?? 'too-large'
  } catch {
    return 'broken'
  }
}
