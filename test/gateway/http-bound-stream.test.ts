import fc from 'fast-check'
import { expect, it } from 'vitest'
import { boundStream } from '../../src/gateway/integrations/bound-stream.ts'

/** A stream of these pieces, of the kind that platforms make (`bytes`) or of the one that JavaScript makes. */
function streamOf(pieces: readonly Uint8Array<ArrayBuffer>[], isOfBytes: boolean) {
  const left = [...pieces]
  const cancelled: unknown[] = []
  const source = {
    pull(controller: {
      enqueue(piece: Uint8Array<ArrayBuffer>): void
      close(): void
      byobRequest?: unknown
    }) {
      const piece = left.shift()
      if (piece) return controller.enqueue(piece)
      controller.close()
      ;(controller.byobRequest as { respond(bytes: number): void } | undefined)?.respond(0)
    },
    cancel(reason: unknown) {
      cancelled.push(reason)
    },
  }
  const stream = isOfBytes
    ? new ReadableStream({ type: 'bytes', ...source } as UnderlyingByteSource)
    : new ReadableStream<Uint8Array>(source as UnderlyingSource, { highWaterMark: 0 })
  return { stream: stream as ReadableStream<Uint8Array>, cancelled }
}

it('lets through what fits byte for byte, and breaks off what does not, however it is cut', async () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 200_000, size: 'max' })
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      fc.nat(400_000),
      fc.boolean(),
      async (pieces, limit, isOfBytes) => {
        const whole = Buffer.concat(pieces)
        // A stream of bytes takes what it is given for its own.
        const given = pieces.map(each => new Uint8Array(each))
        const { stream, cancelled } = streamOf(given, isOfBytes)
        let exceeded = 0
        const bound = boundStream(stream, limit, () => {
          exceeded += 1
          return new Error('too many')
        })
        const read: Buffer[] = []
        const reading = (async () => {
          for await (const each of bound) read.push(Buffer.from(each))
        })()
        if (whole.length > limit) {
          await expect(reading).rejects.toThrow('too many')
          expect(Buffer.concat(read).length).toBeLessThanOrEqual(limit)
          expect([exceeded, cancelled.length]).toEqual([1, 1])
        } else {
          await reading
          expect(Buffer.concat(read).equals(whole)).toBe(true)
          expect(exceeded).toBe(0)
        }
      },
    ),
    { numRuns: 60 },
  )
})

it('lets go of its source when nobody wants the rest', async () => {
  const { stream, cancelled } = streamOf([new Uint8Array(10), new Uint8Array(10)], false)
  const reader = boundStream(stream, 100, () => new Error('too many')).getReader()
  await reader.read()
  await reader.cancel('enough')
  expect(cancelled).toEqual(['enough'])
})
