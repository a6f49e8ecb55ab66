/**
 * A body that carries more than one thing: pieces of a function's answer as it produces them, then its log and how it
 * ended. A frame is its kind (1 byte), its length (4 bytes, big-endian) and so many bytes.
 */
export type Frame = { readonly kind: FrameKind; readonly bytes: Uint8Array }

/**
 * `data`: a piece of the answer. `logs`: text, once. `end`: JSON, once, last. `starting`, `begin` and `cut` are between
 * processes only: process/protocol.ts.
 */
export type FrameKind = keyof typeof CODES

const CODES = { data: 1, logs: 2, end: 3, starting: 4, begin: 5, cut: 6 } as const
const KINDS = new Map<number, FrameKind>(
  Object.entries(CODES).map(([kind, code]) => [code, kind as FrameKind]),
)
const HEAD = 5
/** Bytes of a frame's kind and length. */
export const FRAME_HEAD = HEAD

export const frameKindOf = (code: number): FrameKind | undefined => KINDS.get(code)

export function frameHead(kind: FrameKind, length: number): Uint8Array {
  const head = new Uint8Array(HEAD)
  head[0] = CODES[kind]
  new DataView(head.buffer).setUint32(1, length)
  return head
}

/**
 * Takes frames out of a body. `data` comes in whatever pieces arrive, so that none is held back or joined; other
 * frames come whole. A body that ends inside a frame throws.
 */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame, void, void> {
  const reader = largeReader(body)
  let buffered: Uint8Array = new Uint8Array(0)
  let isWhole = false
  /** False at the end of the body. */
  const more = async (): Promise<boolean> => {
    const value = await reader.read()
    if (!value) return false
    if (buffered.length === 0) buffered = value
    else {
      const joined = new Uint8Array(buffered.length + value.length)
      joined.set(buffered)
      joined.set(value, buffered.length)
      buffered = joined
    }
    return true
  }
  try {
    for (;;) {
      while (buffered.length < HEAD) {
        if (await more()) continue
        if (buffered.length === 0) {
          isWhole = true
          return
        }
        throw new Error('the stream ended inside a frame')
      }
      const kind = KINDS.get(buffered[0]!)
      if (!kind) throw new Error(`no frame begins with ${buffered[0]}`)
      let left = new DataView(buffered.buffer, buffered.byteOffset).getUint32(1)
      buffered = buffered.subarray(HEAD)
      if (kind === 'data') {
        while (left > 0) {
          if (buffered.length === 0 && !(await more())) throw new Error('the stream ended inside a frame')
          const piece = buffered.subarray(0, left)
          buffered = buffered.subarray(piece.length)
          left -= piece.length
          yield { kind, bytes: piece }
        }
        continue
      }
      while (buffered.length < left) if (!(await more())) throw new Error('the stream ended inside a frame')
      const bytes = buffered.subarray(0, left)
      buffered = buffered.subarray(left)
      yield { kind, bytes }
    }
  } finally {
    // Whoever writes the rest would wait for ever.
    if (!isWhole) reader.cancel().catch(() => {})
    reader.release()
  }
}

/** Bytes of one read. A reader that does not say gets 4 KB, and a tenth of the throughput. */
const READ = 64 * 1024

/** Reads what is there, as much of it as fits; undefined at the end. */
function largeReader(body: ReadableStream<Uint8Array>) {
  const reader = byteReader(body)
  if (!reader) {
    const plain = body.getReader()
    return {
      read: async () => (await plain.read()).value,
      cancel: () => plain.cancel(),
      release: () => plain.releaseLock(),
    }
  }
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(READ))
      return done ? undefined : value
    },
    cancel: () => reader.cancel(),
    release: () => reader.releaseLock(),
  }
}

/** Undefined for a stream that was not made of bytes. */
function byteReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}
