import { describe, expect, test, vi } from 'vitest'
import type { Streamed } from '../../src/functions/invocation.ts'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'

/** Writes `event.pieces`, each after the one before was asked for, and fails as the event says. */
const WRITER = `
  exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    console.log('streams')
    if (event.type) stream.setContentType(event.type)
    if (event.early) throw new Error(event.early)
    if (event.prelude) stream = awslambda.HttpResponseStream.from(stream, event.prelude)
    for (const piece of event.pieces ?? []) {
      stream.write(piece)
      await new Promise(resolve => setTimeout(resolve, event.pause ?? 0))
    }
    if (event.late) throw new TypeError(event.late)
    if (event.hang) await new Promise(resolve => setTimeout(resolve, 60_000))
    stream.end()
    await new Promise(resolve => stream.on('finish', resolve))
  })`

async function streamed(isolate: Isolate, name: string, event: unknown): Promise<Streamed> {
  const result = await isolate.stream(name, event)
  if (result.kind === 'refused') throw new Error(result.message)
  return result
}

const textOf = (result: Streamed): Promise<string> => new Response(result.body).text()

describe('a handler that streams', () => {
  test('is heard piece by piece, with its log and what it cost at the end', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'pieces', WRITER)
    const isolate = isolateOf(weir)
    const result = await streamed(isolate, 'pieces', { type: 'text/plain', pieces: ['one ', 'two ', 'ö'] })
    expect(result).toMatchObject({ executedVersion: '$LATEST', contentType: 'text/plain' })
    expect(await textOf(result)).toBe('one two ö')
    const ending = await result.ending
    expect(ending.functionError).toBeUndefined()
    expect(ending.logs).toContain('INFO\tstreams')
    expect(ending.logs).toMatch(/^START RequestId: .*\n[\s\S]*REPORT RequestId: /)
    expect(isolate.executions).toMatchObject([{ name: 'pieces', failed: false, memorySizeMB: 128 }])
  })

  test('gives its first byte while it is still at work', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'endless', WRITER, { Timeout: 1 })
    const result = await streamed(isolateOf(weir), 'endless', { pieces: ['first'], hang: true })
    const reader = result.body.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
    // It never ends by itself, so what was read was read before.
    expect((await reader.read()).done).toBe(true)
    const ending = await result.ending
    expect(ending.functionError).toBe('Unhandled')
    expect(JSON.parse(ending.errorDocument!)).toMatchObject({ errorType: 'Sandbox.Timedout' })
  })

  test('waits for its reader, whatever it has to say', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'large',
      `
      const { pipeline } = require('node:stream/promises')
      const { Readable } = require('node:stream')
      let made = 0
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        if (event.ask) { stream.write(String(made)); stream.end(); return }
        async function* pieces() {
          for (let i = 0; i < 24; i++) { made += 1; yield Buffer.alloc(1024 * 1024, i) }
        }
        await pipeline(Readable.from(pieces(), { objectMode: false, highWaterMark: 1024 }), stream)
      })`,
      { Timeout: 30 },
    )
    const isolate = isolateOf(weir)
    const result = await streamed(isolate, 'large', {})
    let size = 0
    let last = -1
    for await (const piece of result.body) {
      size += piece.length
      last = piece.at(-1)!
    }
    expect([size, last]).toEqual([24 * 1024 * 1024, 23])
    expect((await result.ending).functionError).toBeUndefined()
    expect(await textOf(await streamed(isolate, 'large', { ask: true }))).toBe('24')
  })

  test('puts status and headers before the body', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'prelude', WRITER)
    const prelude = { statusCode: 201, headers: { 'x-a': 'b' } }
    const result = await streamed(isolateOf(weir), 'prelude', { prelude, pieces: ['body'] })
    expect(result.contentType).toBe('application/vnd.awslambda.http-integration-response')
    expect(await textOf(result)).toBe(`${JSON.stringify(prelude)}${'\0'.repeat(8)}body`)
    const empty = await streamed(isolateOf(weir), 'prelude', { prelude })
    expect(await textOf(empty)).toBe(`${JSON.stringify(prelude)}${'\0'.repeat(8)}`)
  })

  test('may fail before its first byte and after it', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'failing', WRITER)
    const isolate = isolateOf(weir)
    const early = await streamed(isolate, 'failing', { early: 'no' })
    expect(await textOf(early)).toBe('')
    expect(JSON.parse((await early.ending).errorDocument!)).toMatchObject({ errorMessage: 'no' })
    const late = await streamed(isolate, 'failing', { pieces: ['so far'], late: 'so good' })
    expect(await textOf(late)).toBe('so far')
    const ending = await late.ending
    expect(JSON.parse(ending.errorDocument!)).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'so good',
    })
    expect(ending.logs).toContain('Invoke Error')
    expect(await textOf(await streamed(isolate, 'failing', { pieces: ['well'] }))).toBe('well')
  })

  test('has one event at a time, until it has ended', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'single',
      `
      const born = Math.random()
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.write(String(born))
        await new Promise(resolve => setTimeout(resolve, 300))
        stream.end()
      })`,
    )
    const isolate = isolateOf(weir)
    const one = await streamed(isolate, 'single', {})
    const other = await streamed(isolate, 'single', {})
    const [first, second] = await Promise.all([textOf(one), textOf(other)])
    expect(first).not.toBe(second)
    const third = await textOf(await streamed(isolate, 'single', {}))
    expect([first, second]).toContain(third)
  })

  test('goes on to its end when its reader goes away', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'unread',
      `
      let ended = 0
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        if (event.ask) { stream.end(String(ended)); return }
        for (let i = 0; i < 5; i++) {
          stream.write('x'.repeat(100_000))
          await new Promise(resolve => setTimeout(resolve, 10))
        }
        stream.end()
        ended++
      })`,
    )
    const isolate = isolateOf(weir)
    const result = await streamed(isolate, 'unread', {})
    await result.body.cancel()
    expect((await result.ending).functionError).toBeUndefined()
    // Its isolate is free a moment later; until then another one would answer.
    const asked = async () => expect(await textOf(await streamed(isolate, 'unread', { ask: true }))).toBe('1')
    await vi.waitFor(asked, { timeout: 5_000, interval: 20 })
  })

  test('answers a caller who wants all at once', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'whole', WRITER)
    const isolate = isolateOf(weir)
    expect(await isolate.invoke('whole', { pieces: ['{"a":', '1}'] })).toMatchObject({ payload: '{"a":1}' })
    expect(await isolate.invoke('whole', { late: 'no' })).toMatchObject({ functionError: 'Unhandled' })
    const size = 6_291_556
    const most = await isolate.invoke('whole', { pieces: ['x'.repeat(size)] })
    expect(most).not.toHaveProperty('functionError')
    expect((most as { payload: string }).payload.length).toBe(size)
    const more = await isolate.invoke('whole', { pieces: ['x'.repeat(size), 'y'] })
    expect(more).toMatchObject({ functionError: 'Unhandled' })
    expect(JSON.parse((more as { payload: string }).payload)).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    })
  })
})

test('the answer of a handler that does not stream comes in one piece', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'buffered',
    'exports.handler = async event => { if (event.fail) throw new Error("no"); return { a: [1] } }',
  )
  const isolate = isolateOf(weir)
  const result = await streamed(isolate, 'buffered', {})
  expect(result.contentType).toBe('application/json')
  expect(await textOf(result)).toBe('{"a":[1]}')
  const failing = await streamed(isolate, 'buffered', { fail: true })
  expect(await textOf(failing)).toBe('')
  expect(await failing.ending).toMatchObject({ functionError: 'Unhandled' })
})
