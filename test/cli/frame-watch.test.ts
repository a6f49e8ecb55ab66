import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameWatch } from '../../cli/functions/frame-watch.ts'
import { type FrameKind, frameHead } from '../../src/functions/runtime/stream-frames.ts'

const kinds: FrameKind[] = ['data', 'logs', 'end', 'starting', 'begin', 'cut']

const encoded = (frames: ReadonlyArray<readonly [FrameKind, Uint8Array]>): Buffer =>
  Buffer.concat(frames.flatMap(([kind, bytes]) => [frameHead(kind, bytes.length), bytes]))

it('hears of every frame but data, however the answer is cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
      (frames, sizes) => {
        const heard: [FrameKind, string][] = []
        const watch = new FrameWatch((kind, bytes) => heard.push([kind, bytes.toString('hex')]))
        let rest = encoded(frames)
        for (let at = 0; rest.length > 0; at++) {
          const size = sizes[at % sizes.length]!
          watch.push(rest.subarray(0, size))
          rest = rest.subarray(size)
        }
        expect(watch.isBetween).toBe(true)
        expect(heard).toEqual(
          frames
            .filter(([kind]) => kind !== 'data')
            .map(([kind, bytes]) => [kind, Buffer.from(bytes).toString('hex')]),
        )
      },
    ),
  )
})

it('knows that nothing may be put inside a frame', () => {
  const whole = encoded([['data', new Uint8Array(10)]])
  for (let length = 1; length < whole.length; length++) {
    const watch = new FrameWatch(() => {})
    watch.push(whole.subarray(0, length))
    expect(watch.isBetween).toBe(false)
  }
})

it('refuses what is no frame', () => {
  expect(() => new FrameWatch(() => {}).push(Buffer.from([99, 0, 0, 0, 0]))).toThrow(
    'no frame begins with 99',
  )
})
