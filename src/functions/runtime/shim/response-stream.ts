import type { Writable } from 'node:stream'
import { joinBytes } from '../../../lib/join-bytes.ts'
import { FrameBody } from './frame-body.ts'
import type { NativeRequire } from './package-files.ts'

/** What a handler made by `awslambda.streamifyResponse` writes its answer to. */
export interface ResponseStream {
  readonly writable: Writable
  /** Resolves when the first piece is written, or the stream ends without one: no later than that a caller has an answer. */
  readonly begun: Promise<void>
  /** Resolves when everything is written, rejects when the stream fails. */
  readonly finished: Promise<void>
  readonly body: FrameBody
  /** Counts until the first piece is written. */
  contentType(): string
}

/** The stream with the members that Lambda's runtime and `awslambda.HttpResponseStream` know. */
interface LambdaStream extends Writable {
  setContentType(type: string): void
  _onBeforeFirstWrite?: (write: (piece: string | Uint8Array) => void) => void
}

const encoder = new TextEncoder()

/** Bytes of small pieces that are joined; what is larger is not copied. */
const TOGETHER = 64 * 1024

export function createResponseStream(require: NativeRequire, highWaterMark?: number): ResponseStream {
  const node = require('node:stream') as typeof import('node:stream')
  const body = new FrameBody()
  let contentType = 'application/octet-stream'
  let hasBegun = false
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  /** The pieces that go before the first. */
  const prelude = (): Uint8Array[] => {
    if (hasBegun) return []
    hasBegun = true
    const pieces: Uint8Array[] = []
    writable._onBeforeFirstWrite?.(piece =>
      pieces.push(typeof piece === 'string' ? encoder.encode(piece) : piece),
    )
    begin()
    return pieces
  }
  const write = async (chunk?: Uint8Array): Promise<void> => {
    for (const piece of prelude()) await body.write('data', piece)
    if (chunk && chunk.length > 0) await body.write('data', chunk)
  }
  const writeAll = async (chunks: Uint8Array[]): Promise<void> => {
    let together: Uint8Array[] = []
    let size = 0
    for (const chunk of chunks) {
      if (size > 0 && size + chunk.length > TOGETHER) {
        await write(joinBytes(together, size))
        together = []
        size = 0
      }
      together.push(chunk)
      size += chunk.length
    }
    await write(joinBytes(together, size))
  }
  const writable = new node.Writable({
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
    write(chunk: Uint8Array, _encoding, callback) {
      write(chunk).then(() => callback(), callback)
    },
    // What has piled up goes together: many small pieces would each wait for a turn of the reader.
    writev(chunks, callback) {
      writeAll(chunks.map(({ chunk }) => chunk as Uint8Array)).then(() => callback(), callback)
    },
    final(callback) {
      write().then(() => callback(), callback)
    },
  }) as LambdaStream
  writable.setContentType = type => {
    contentType = type
  }
  const finished = new Promise<void>((resolve, reject) => {
    node.finished(writable, error => (error ? reject(error) : resolve()))
  })
  finished.catch(() => {})
  return { writable, begun, finished, body, contentType: () => contentType }
}
