import { describe, expect, test } from 'vitest'
import type { Answered } from '../../src/functions/invocation.ts'
import { deploy, isolateOf, lambdaHarness } from './function-host.ts'

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const url = (path: string) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'x.localhost' },
  requestContext: { http: { method: 'GET', path } },
})

const SHARED = { Tags: { 'weir:shared-isolates': 'true' } }

/** The function's own lines, without times. */
const linesOf = (result: unknown): string[] =>
  (result as Answered).logs.match(/\t\S+\tINFO\t.*/g)?.map(line => line.slice(1).replace('\tINFO\t', ' ')) ??
  []

describe('events that overlap', () => {
  test('keep their logs apart from the very first on', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'first', {
      'index.mjs': `export default { async fetch(request) {
        const { pathname } = new URL(request.url)
        console.log('begins', pathname)
        await new Promise(resolve => setTimeout(resolve, pathname === '/slow' ? 600 : 300))
        console.log('ends', pathname)
        if (pathname === '/slow') queueMicrotask(() => { throw new Error('of the slow one') })
        await new Promise(resolve => setTimeout(resolve, 20))
        return new Response('ok')
      } }`,
    })
    const isolate = isolateOf(weir)
    const slow = isolate.invoke('first', url('/slow'), { requestId: 'slow' })
    await pause(200)
    // It is loaded and under way; another isolate's caller comes to the same slot.
    const other = isolateOf(weir)
    const fast = await other.invoke('first', url('/fast'), { requestId: 'fast' })
    const result = await slow
    expect(linesOf(result)).toEqual(['slow begins /slow', 'slow ends /slow'])
    expect(linesOf(fast)).toEqual(['fast begins /fast', 'fast ends /fast'])
    expect(fast).not.toHaveProperty('functionError', 'Unhandled')
    expect(JSON.parse((result as Answered).payload)).toMatchObject({ errorMessage: 'of the slow one' })
  })

  test('do not wait for the work of one another, nor for that of a call that was cut off', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'callbacks',
      `exports.handler = (event, context, callback) => {
        if (event.endless) { setInterval(() => {}, 10); return }
        callback(null, 'done')
      }`,
      { ...SHARED, Timeout: 2 },
    )
    const isolate = isolateOf(weir)
    const endless = isolate.invoke('callbacks', { endless: true })
    await pause(300)
    const during = (await isolate.invoke('callbacks')) as Answered
    expect([during.payload, during.durationMs < 1_000]).toEqual(['"done"', true])
    expect(await endless).toMatchObject({ functionError: 'Unhandled' })
    const after = (await isolate.invoke('callbacks')) as Answered
    expect([after.payload, after.durationMs < 1_000]).toEqual(['"done"', true])
  })

  test('leave what they write after their answer to the next one’s log', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'later', {
      'index.mjs': `export default { async fetch(request, env, ctx) {
        const { pathname } = new URL(request.url)
        const later = async () => {
          await new Promise(resolve => setTimeout(resolve, 50))
          console.log('later', pathname)
          throw new TypeError('later, too')
        }
        if (pathname === '/a') ctx.waitUntil(later())
        return new Response('ok')
      } }`,
    })
    const isolate = isolateOf(weir)
    await isolate.invoke('later', url('/a'), { requestId: 'a' })
    await pause(200)
    const next = await isolate.invoke('later', url('/b'), { requestId: 'b' })
    expect(next).not.toHaveProperty('functionError', 'Unhandled')
    expect(linesOf(next)).toEqual(['a later /a'])
    expect((next as Answered).logs).toMatch(/\ta\tERROR\t.*later, too/)
  })

  test('fail alone when nobody awaits what fails', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'floating',
      `exports.handler = async event => {
        if (event.fail) Promise.reject(new Error('floating'))
        await new Promise(resolve => setTimeout(resolve, event.ms))
        return event.ms
      }`,
      SHARED,
    )
    const isolate = isolateOf(weir)
    await isolate.invoke('floating', { ms: 1 })
    const [well, failed, late] = await Promise.all([
      isolate.invoke('floating', { ms: 200 }),
      isolate.invoke('floating', { ms: 100, fail: true }),
      isolate.invoke('floating', { ms: 150 }),
    ])
    expect(well).toMatchObject({ payload: '200' })
    expect(late).toMatchObject({ payload: '150' })
    expect(JSON.parse((failed as Answered).payload)).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
    })
  })
})
