import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamEnding, Streamed } from '../../../src/functions/invocation.ts'
import { bufferedAnswer, type SentAnswer, streamedAnswer } from '../../../src/functions/urls/stream-answer.ts'

const PRELUDE = 'application/vnd.awslambda.http-integration-response'
const utf8 = (text: string) => new TextEncoder().encode(text)
const FAILED: Partial<StreamEnding> = { functionError: 'Unhandled', errorDocument: '{}' }

function streamed(
  contentType: string,
  pieces: readonly Uint8Array[],
  ending: Partial<StreamEnding> = {},
  cancelled = () => {},
): Streamed {
  let at = 0
  return {
    kind: 'streamed',
    executedVersion: '1',
    contentType,
    body: new ReadableStream(
      {
        pull(controller) {
          if (at < pieces.length) controller.enqueue(pieces[at++]!)
          else controller.close()
        },
        cancel: cancelled,
      },
      { highWaterMark: 0 },
    ),
    ending: Promise.resolve({ logs: '', durationMs: 1, ...ending }),
  }
}

const bytesOf = async (answer: SentAnswer | undefined) =>
  new Uint8Array(await new Response(answer!.body as BodyInit).arrayBuffer())
const textOf = async (answer: SentAnswer | undefined) => new TextDecoder().decode(await bytesOf(answer))

function preluded(head: unknown, body: Uint8Array): Uint8Array {
  const json = utf8(JSON.stringify(head))
  const whole = new Uint8Array(json.length + 8 + body.length)
  whole.set(json)
  whole.set(body, json.length + 8)
  return whole
}

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    pieces.push(whole.subarray(at, at + size))
    at += size
  }
  return [...pieces, whole.subarray(at)].filter(({ length }) => length > 0)
}

describe('an answer that is streamed', () => {
  test('is sent as it is written, with the type that was set', async () => {
    const answer = await streamedAnswer(streamed('text/event-stream', [utf8('a'), utf8('b')]))
    expect(answer).toMatchObject({ status: 200, headers: [['Content-Type', 'text/event-stream']] })
    expect(await textOf(answer)).toBe('ab')
  })

  test('has the status, headers and cookies of its prelude, however it is cut', async () => {
    const head = {
      statusCode: 404,
      headers: { 'Content-Type': 'text/html', 'X-A': 'b' },
      cookies: ['c=1', 'd=2'],
    }
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }),
        async (body, sizes) => {
          const pieces = cut(preluded(head, body), sizes)
          for (const read of [streamedAnswer, bufferedAnswer]) {
            const answer = await read(streamed(PRELUDE, pieces))
            expect(answer).toMatchObject({
              status: 404,
              headers: [
                ['Content-Type', 'text/html'],
                ['X-A', 'b'],
                ['Set-Cookie', 'c=1'],
                ['Set-Cookie', 'd=2'],
              ],
            })
            expect(await bytesOf(answer)).toEqual(body)
          }
        },
      ),
    )
  })

  test('has defaults for what its prelude leaves out', async () => {
    expect(await streamedAnswer(streamed(PRELUDE, [preluded({}, utf8('x'))]))).toMatchObject({
      status: 200,
      headers: [['Content-Type', 'application/octet-stream']],
    })
  })

  test('is none when its prelude is none', async () => {
    const bad = [
      [utf8('{"statusCode":200}')],
      [utf8('{"statusCode":200}\0\0\0\0\0\0\0')],
      [utf8('[]\0\0\0\0\0\0\0\0')],
      [utf8('no json\0\0\0\0\0\0\0\0')],
      [preluded({ statusCode: 1000 }, utf8('x'))],
      [],
      Array.from({ length: 20 }, () => new Uint8Array(100_000).fill(0x20)),
    ]
    for (const pieces of bad) {
      expect(await streamedAnswer(streamed(PRELUDE, pieces))).toBeUndefined()
      expect(await bufferedAnswer(streamed(PRELUDE, pieces))).toBeUndefined()
    }
  })

  test('is none when the function failed before it wrote anything', async () => {
    expect(await streamedAnswer(streamed('text/plain', [], FAILED))).toBeUndefined()
    expect(await streamedAnswer(streamed(PRELUDE, [], FAILED))).toBeUndefined()
    expect(await textOf(await streamedAnswer(streamed('text/plain', [])))).toBe('')
  })

  test('breaks off where the function fails', async () => {
    for (const [type, first] of [
      ['text/plain', utf8('half')],
      [PRELUDE, preluded({}, utf8('half'))],
    ] as const) {
      const answer = await streamedAnswer(streamed(type, [first], FAILED))
      const reader = (answer!.body as ReadableStream<Uint8Array>).getReader()
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('half')
      await expect(reader.read()).rejects.toThrow('failed while it answered')
    }
  })

  test('lets go of the function’s body when the client goes away', async () => {
    let cancelled = 0
    const answer = await streamedAnswer(
      streamed('text/plain', [utf8('a'), utf8('b')], {}, () => {
        cancelled++
      }),
    )
    await (answer!.body as ReadableStream).cancel()
    expect(cancelled).toBe(1)
  })

  test('is not interpreted when the function does not stream', async () => {
    const json = '{"statusCode":404,"body":"x"}'
    const answer = await streamedAnswer(streamed('application/json', [utf8(json)]))
    expect(answer).toMatchObject({ status: 200, headers: [['Content-Type', 'application/json']] })
    expect(await textOf(answer)).toBe(json)
  })
})

describe('an answer that is sent whole', () => {
  test('is interpreted whether the function streams it or not', async () => {
    for (const type of ['application/json', 'application/octet-stream']) {
      const pieces = cut(utf8('{"statusCode":404,"body":"grüß"}'), [5, 22])
      expect(await bufferedAnswer(streamed(type, pieces))).toMatchObject({ status: 404, body: 'grüß' })
    }
  })

  test('is none when the function failed, whatever it wrote', async () => {
    expect(await bufferedAnswer(streamed('application/json', [utf8('{}')], FAILED))).toBeUndefined()
    expect(await bufferedAnswer(streamed(PRELUDE, [preluded({}, utf8('x'))], FAILED))).toBeUndefined()
  })

  test('is none when it is larger than Lambda gives', async () => {
    const six = new Uint8Array(3_145_778).fill(0x31)
    expect((await bufferedAnswer(streamed('text/plain', [six, six])))?.body).toHaveLength(6_291_556)
    expect(await bufferedAnswer(streamed('text/plain', [six, six, utf8('1')]))).toBeUndefined()
  })
})
