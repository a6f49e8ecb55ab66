import { describe, expect, test } from 'vitest'
import type { Answered, Streamed } from '../../src/functions/invocation.ts'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'

async function streamed(isolate: Isolate, name: string, event: unknown = {}, more = {}): Promise<Streamed> {
  const result = await isolate.stream(name, event, more)
  if (result.kind === 'refused') throw new Error(result.message)
  return result
}

const textOf = (result: Streamed): Promise<string> => new Response(result.body).text()

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const streaming = (body: string): string => `
  const born = Math.random()
  const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
  exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    if (event.ask) { stream.end(String(born)); return }
    ${body}
  })`

describe('a stream that ends while a piece is under way', () => {
  test('has its log and its error after the piece, not inside', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'torn',
      streaming(`
        console.log('torn')
        stream.write('a')
        stream.write(Buffer.alloc(100_000, 'b'))
        await pause(100)
        throw new TypeError('no more')`),
    )
    const result = await streamed(isolateOf(weir), 'torn')
    // Its reader comes when it has failed.
    await pause(300)
    expect(await textOf(result)).toBe(`a${'b'.repeat(100_000)}`)
    const ending = await result.ending
    expect(JSON.parse(ending.errorDocument!)).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'no more',
    })
    expect(ending.logs).toContain('INFO\ttorn')
  })

  test('gets nothing of what the handler writes later', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'going-on',
      streaming(`
        stream.write('a')
        await pause(10)
        setTimeout(() => stream.write('late'), 0)
        if (event.exit) { try { process.exit(4) } catch {} ; stream.write('b'); await pause(1000) }
        throw new Error('over')`),
    )
    const isolate = isolateOf(weir)
    const born = await textOf(await streamed(isolate, 'going-on', { ask: true }))
    const failed = await streamed(isolate, 'going-on')
    expect(await textOf(failed)).toBe('a')
    expect((await failed.ending).errorDocument).toContain('over')
    expect(await textOf(await streamed(isolate, 'going-on', { ask: true }))).toBe(born)
    const exited = await streamed(isolate, 'going-on', { exit: true })
    expect(await textOf(exited)).toMatch(/^a/)
    const ending = await exited.ending
    expect(JSON.parse(ending.errorDocument!)).toMatchObject({ errorType: 'Runtime.ExitError' })
    expect(ending.logs).toMatch(/REPORT .*Status: error\tError Type: Runtime.ExitError/)
    expect(await textOf(await streamed(isolate, 'going-on', { ask: true }))).not.toBe(born)
  })
})

test('a stream that nobody reads to its end gives its slot back once', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'cancelled', streaming(`stream.write('a'); await pause(100); stream.end()`))
  const isolate = isolateOf(weir)
  const version = await isolate.loader.version((await weir.pointer('cancelled'))!.latest)
  const freed: number[] = []
  const free = version.slots.free.bind(version.slots)
  version.slots.free = slot => {
    freed.push(slot)
    free(slot)
  }
  const result = await streamed(isolate, 'cancelled')
  const reader = result.body.getReader()
  await reader.read()
  // The end of the answer is what it waits for when it goes.
  const last = reader.read()
  await reader.cancel()
  await last
  expect((await result.ending).functionError).toBeUndefined()
  await pause(50)
  expect(freed).toEqual([0])
})

test('a stream whose reader has stopped ends with the time of the function', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'stalled',
    streaming(
      `for (;;) { if (!stream.write(Buffer.alloc(65536))) await new Promise(done => stream.once('drain', done)) }`,
    ),
    { Timeout: 1 },
  )
  const isolate = isolateOf(weir)
  const result = await streamed(isolate, 'stalled')
  const reader = result.body.getReader()
  await reader.read()
  const ending = await Promise.race([result.ending, pause(3_000)])
  expect(ending).toMatchObject({ functionError: 'Unhandled' })
  expect(isolate.executions).toMatchObject([{ failed: true }])
  for (;;) if ((await reader.read()).done) break
  const version = await isolate.loader.version((await weir.pointer('stalled'))!.latest)
  expect([...version.loaded]).toEqual([0])
  expect(await textOf(await streamed(isolate, 'stalled', { ask: true }))).toMatch(/^0\.\d/)
})

test('a content type that no header can say is an error of the function', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'typed',
    streaming(`stream.setContentType('text/plain\\nx'); stream.write('a'); stream.end()`),
  )
  const isolate = isolateOf(weir)
  const result = await streamed(isolate, 'typed')
  expect(await textOf(result)).toBe('')
  expect((await result.ending).functionError).toBe('Unhandled')
  // The isolate is not taken by it.
  await textOf(await streamed(isolate, 'typed', { ask: true }))
  const version = await isolate.loader.version((await weir.pointer('typed'))!.latest)
  expect([...version.loaded]).toEqual([0])
})

test('a handler that never ends its stream is told what it waits for', async () => {
  const weir = await lambdaHarness()
  await deploy(weir, 'open', streaming(`if (event.write) stream.write('a')`), { Timeout: 1 })
  const isolate = isolateOf(weir)
  for (const write of [true, false]) {
    const result = await streamed(isolate, 'open', { write })
    expect(await textOf(result)).toBe(write ? 'a' : '')
    const error = JSON.parse((await result.ending).errorDocument!)
    expect(error.errorType).toBe('Runtime.ExitError')
    expect(error.errorMessage).toContain('a response stream that it does not end')
  }
})

test('what a stream leaves behind goes on', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'leftover',
    `let left = 0
     exports.handler = awslambda.streamifyResponse(async (event, stream) => {
       if (!event.ask) setTimeout(() => { left++ }, 50)
       stream.end(String(left))
     })`,
  )
  const isolate = isolateOf(weir)
  expect(await textOf(await streamed(isolate, 'leftover'))).toBe('0')
  await pause(200)
  expect(await textOf(await streamed(isolate, 'leftover', { ask: true }))).toBe('1')
})

test('code of a call that was given up does not reach the next one', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'given-up',
    `const born = Math.random()
     exports.handler = async event => {
       if (event.old) {
         setInterval(() => console.log('old'), 20)
         setTimeout(() => { throw new Error('of the old') }, 400)
         await new Promise(resolve => setTimeout(resolve, 30_000))
       }
       await new Promise(resolve => setTimeout(resolve, 600))
       return born
     }`,
    { Timeout: 60 },
  )
  const isolate = isolateOf(weir)
  const abort = new AbortController()
  const old = isolate.invoke('given-up', { old: true }, { signal: abort.signal })
  await pause(200)
  abort.abort(new Error('gone'))
  await expect(old).rejects.toThrow()
  const next = await isolate.invoke('given-up')
  expect((next as Answered).functionError).toBeUndefined()
  expect((next as Answered).logs).not.toContain('old')
  const version = await isolate.loader.version((await weir.pointer('given-up'))!.latest)
  expect([...version.loaded]).toEqual([0])
})

test('code that goes on after process.exit does not reach the next call', async () => {
  const weir = await lambdaHarness()
  const body = `
    if (event.exit) {
      setInterval(() => console.log('old'), 10)
      setTimeout(() => { throw new Error('of the old') }, 200)
      await new Promise(resolve => setTimeout(resolve, 50))
      try { process.exit(4) } catch {}
      await new Promise(resolve => setTimeout(resolve, 2_000))
    }
    await new Promise(resolve => setTimeout(resolve, 400))`
  await deploy(weir, 'plain-exit', `exports.handler = async event => { ${body} }`)
  await deploy(weir, 'stream-exit', streaming(`stream.write('a'); ${body}; stream.end()`))
  for (const name of ['plain-exit', 'stream-exit']) {
    const isolate = isolateOf(weir)
    const exited = await streamed(isolate, name, { exit: true })
    await textOf(exited)
    expect((await exited.ending).functionError, name).toBe('Unhandled')
    const next = await streamed(isolate, name)
    await textOf(next)
    const ending = await next.ending
    expect(ending.functionError, name).toBeUndefined()
    expect(ending.logs, name).not.toContain('old')
  }
})

test('small pieces that pile up go together, in their order', async () => {
  const weir = await lambdaHarness()
  await deploy(
    weir,
    'small',
    streaming(`
      for (let i = 0; i < 20_000; i++) stream.write(i + ' ')
      stream.write(Buffer.alloc(200_000, 'x'))
      stream.end('end')`),
  )
  const result = await streamed(isolateOf(weir), 'small')
  let pieces = 0
  let text = ''
  for await (const piece of result.body) {
    pieces++
    text += new TextDecoder().decode(piece)
  }
  const numbers = Array.from({ length: 20_000 }, (_, i) => `${i} `).join('')
  expect(text === `${numbers}${'x'.repeat(200_000)}end`).toBe(true)
  expect(pieces).toBeLessThan(200)
})
