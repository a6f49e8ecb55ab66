import { describe, expect, test } from 'vitest'
import { loadFunction } from './load-function.ts'

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const BORN = 'const born = Math.random(); const pause = ms => new Promise(done => setTimeout(done, ms));'

describe('what nobody caught', () => {
  test('ends the process, and the state with it', async () => {
    const loaded = await loadFunction({
      'index.js': `${BORN}
        exports.handler = async event => {
          if (event.throw) setTimeout(() => { throw new RangeError('uncaught') }, 1)
          if (event.throw) await pause(500)
          return born
        }`,
    })
    const { value: born } = await loaded.call()
    const failed = await loaded.call({ throw: true })
    expect(failed).toMatchObject({
      failed: true,
      exited: true,
      value: { errorType: 'RangeError', errorMessage: 'uncaught' },
    })
    expect(failed.logs.match(/ERROR\t.*/g)).toHaveLength(1)
    expect(failed.logs).toContain('ERROR\tUncaught Exception \t')
    const { value: anew } = await loaded.call()
    expect(anew).not.toBe(born)
    expect((await loaded.call()).value).toBe(anew)
  })

  test('between calls is nobody’s failure: the next one begins anew', async () => {
    for (const fail of [
      `setTimeout(() => { throw new Error('left behind') }, 10)`,
      `pause(10).then(() => { throw new Error('left behind') })`,
      `setTimeout(() => process.exit(1), 10)`,
    ]) {
      const loaded = await loadFunction({
        'index.js': `${BORN} exports.handler = async event => { if (event.fail) { ${fail} } return born }`,
      })
      const { value: born } = await loaded.call({ fail: true })
      await pause(100)
      const next = await loaded.call()
      expect(next.failed, fail).toBe(false)
      expect(next.value, fail).not.toBe(born)
      if (!fail.includes('exit')) expect(next.logs, fail).toContain('left behind')
    }
  })

  test('during the next call fails it, as on Lambda', async () => {
    const loaded = await loadFunction({
      'index.js': `${BORN}
        exports.handler = async event => {
          if (event.fail) setTimeout(() => { throw new Error('left behind') }, 100)
          else await pause(300)
          return born
        }`,
    })
    expect((await loaded.call({ fail: true })).failed).toBe(false)
    expect(await loaded.call()).toMatchObject({ exited: true, value: { errorMessage: 'left behind' } })
  })

  test('is told of requests, too, that fail without anybody waiting', async () => {
    const loaded = await loadFunction({
      'index.js': `${BORN}
        const broken = () => new Response(new ReadableStream({ start(c) { c.error(new Error('torn')) } }))
        exports.handler = async event => {
          const reading = broken().text()
          if (event.caught) await reading.catch(() => {})
          await pause(50)
          return 'went on'
        }`,
    })
    expect(await loaded.call({ caught: true })).toMatchObject({ failed: false })
    expect(await loaded.call()).toMatchObject({
      exited: true,
      value: { errorType: 'Runtime.UnhandledPromiseRejection' },
    })
  })

  test('process.exit is no exception beside it', async () => {
    const loaded = await loadFunction({
      'index.js': `${BORN}
        exports.handler = async event => {
          if (event.timer) setTimeout(() => process.exit(2), 1)
          else (async () => { process.exit(2) })()
          await pause(200)
        }`,
    })
    for (const timer of [true, false]) {
      const { exited, logs } = await loaded.call({ timer })
      expect([timer, exited, logs]).toEqual([timer, true, ''])
    }
  })
})

describe('what a program may throw, or reject with', () => {
  const unreadable = {
    errorType: 'handled',
    errorMessage:
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
  }
  test.each([
    ['new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 }, has() { throw 3 } })', unreadable],
    ['Object.assign(new Error("a"), { name: 5n })', { errorType: '5', errorMessage: 'a' }],
    ['Object.assign(new Error(), { name: { toString() { throw 1 } } })', unreadable],
    [
      'Object.defineProperty(new Error("a"), "message", { value: { toJSON() { throw 1 }, toString: () => "b" } })',
      { errorMessage: 'b' },
    ],
    ['Object.freeze(new Error("frozen"))', { errorType: 'Error', errorMessage: 'frozen' }],
    [
      '(() => { const e = new Error("round"); e.cause = e; e.self = [e]; return e })()',
      { errorMessage: 'round' },
    ],
    ['new Error("x".repeat(7_000_000))', { errorType: 'Function.ResponseSizeTooLarge' }],
    ['Object.create(null)', unreadable],
    ['Symbol("s")', { errorType: 'symbol', errorMessage: 'Symbol(s)' }],
  ])('%s', async (thrown, expected) => {
    const loaded = await loadFunction({
      'index.js': `exports.handler = async event => {
        if (event.ask) return 'well'
        const thrown = ${thrown}
        if (event.reject) { Promise.reject(thrown); await new Promise(done => setTimeout(done, 100)) }
        if (event.callback) { setTimeout(() => { throw thrown }, 1); await new Promise(done => setTimeout(done, 100)) }
        throw thrown
      }`,
    })
    expect(await loaded.call()).toMatchObject({ failed: true, exited: false, value: expected })
    expect(await loaded.call({ callback: true })).toMatchObject({
      failed: true,
      exited: true,
      value: expected,
    })
    expect(await loaded.call({ reject: true })).toMatchObject({ failed: true, exited: true })
    expect((await loaded.call({ ask: true })).value).toBe('well')
  })
})

test('structured logs say what they can of errors that JSON cannot', async () => {
  const loaded = await loadFunction(
    {
      'index.js': `exports.handler = async () => {
        console.log('a', Object.assign(new Error('round'), { count: 5n }))
        console.log({ count: 5n })
      }`,
    },
    { environment: { AWS_LAMBDA_LOG_FORMAT: 'JSON' } },
  )
  const { failed, logs } = await loaded.call()
  expect(failed).toBe(false)
  const records = logs
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(records[0].message).toContain('round')
  expect(records[1].message).toContain('5n')
})
