/** Lower-case hexadecimal SHA-256. */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  return hex(await sha256(data))
}

export async function sha256(data: Uint8Array | string): Promise<Uint8Array> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/**
 * FNV-1a of 32 bits, as an unsigned number: quick, and no secret from anybody who wants two texts to have the same.
 * Of texts beyond Latin-1 it takes UTF-16's units, not bytes.
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
