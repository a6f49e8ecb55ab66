import { describe, expect, test } from 'vitest'
import { type Files, loadFunction } from './load-function.ts'

async function call(files: Files | string, event?: unknown, handler = 'index.handler') {
  const loaded = await loadFunction(typeof files === 'string' ? { 'index.js': files } : files, { handler })
  return loaded.call(event)
}

describe('styles of handlers', () => {
  const styles: [string, string, unknown][] = [
    ['async', `exports.handler = async e => ({ got: e.n })`, { got: 5 }],
    ['a promise', `exports.handler = e => Promise.resolve(e.n)`, 5],
    ['a thenable', `exports.handler = e => ({ then: r => r(e.n) })`, 5],
    ['callback', `exports.handler = (e, c, cb) => { setTimeout(() => cb(null, e.n), 2) }`, 5],
    ['callback without a result', `exports.handler = (e, c, cb) => { cb() }`, null],
    ['the first of two callbacks', `exports.handler = (e, c, cb) => { cb(null, 1); cb(null, 2) }`, 1],
    ['context.done', `exports.handler = (e, c) => { setTimeout(() => c.done(null, e.n), 2); }`, 5],
    [
      'context.done, taken at once',
      `exports.handler = (e, c) => { const { done } = c; setTimeout(() => done(null, e.n), 2) }`,
      5,
    ],
    ['context.succeed', `exports.handler = (e, c) => { c.succeed(e.n) }`, 5],
    [
      'callbackWaitsForEmptyEventLoop',
      `exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; cb(null, c.callbackWaitsForEmptyEventLoop) }`,
      false,
    ],
    [
      'the first of a callback and a promise',
      `exports.handler = async (e, c, cb) => { setTimeout(() => {}, 20); cb(null, 'cb'); return 'promise' }`,
      'cb',
    ],
    [
      'the first of a result and errors',
      `exports.handler = (e, c, cb) => { setTimeout(() => cb('later'), 20); cb(null, 1); cb('two'); c.fail('three'); throw 'four' }`,
      1,
    ],
    ['async with a callback parameter', `exports.handler = async (e, c, cb) => e.n`, 5],
    ['a value that is no promise', `exports.handler = () => 5`, null],
    ['undefined', `exports.handler = async () => {}`, null],
    ['a function as result', `exports.handler = async () => () => {}`, null],
  ]
  test.each(styles)('%s', async (_, source, expected) => {
    expect(await call(source, { n: 5 })).toMatchObject({ failed: false, value: expected })
  })

  test('after a callback the answer waits for what is left, unless it is told not to', async () => {
    const source = (flag: string) => `
      let left = 0
      exports.handler = (event, context, callback) => {
        if (event.ask) return callback(null, left)
        ${flag}
        const timer = setInterval(() => { if (++left === 3) clearInterval(timer) }, 5)
        callback(null, 'early')
        setTimeout(() => console.log('late'), 30)
      }`
    const waits = await loadFunction({ 'index.js': source('') })
    expect((await waits.call()).logs).toContain('INFO\tlate')
    expect((await waits.call({ ask: true })).value).toBe(3)
    const hastens = await loadFunction({
      'index.js': source('context.callbackWaitsForEmptyEventLoop = false'),
    })
    expect((await hastens.call()).logs).not.toContain('late')
  })

  test.each([
    ['an immediate', `setImmediate(() => { left++ })`],
    ['an immediate of an immediate', `setImmediate(() => setImmediate(() => { left++ }))`],
    ['node:timers', `require('node:timers').setTimeout(() => { left++ }, 20)`],
    ['node:timers/promises', `require('node:timers/promises').setTimeout(20).then(() => { left++ })`],
    ['a promisified timer', `require('node:util').promisify(setTimeout)(20).then(() => { left++ })`],
    [
      'what is cleared',
      `clearTimeout(setTimeout(() => {}, 60_000)); clearInterval(setTimeout(() => {}, 60_000)); left++`,
    ],
    ['what need not be waited for', `setInterval(() => {}, 10).unref(); left++`],
  ])('after a callback the answer waits for %s', async (_, begin) => {
    const loaded = await loadFunction({
      'index.js': `
        let left = 0
        exports.handler = (event, context, callback) => {
          if (event.ask) return callback(null, left)
          ${begin}
          callback(null)
        }`,
    })
    const started = Date.now()
    await loaded.call()
    expect(Date.now() - started).toBeLessThan(2_000)
    expect((await loaded.call({ ask: true })).value).toBe(1)
  })

  test('timers may be promisified', async () => {
    const source = `
      const { promisify } = require('util')
      exports.handler = async () => [
        await promisify(setTimeout)(20, 'a'),
        await promisify(require('timers').setTimeout)(20, 'b'),
        await promisify(setImmediate)('c'),
      ]`
    expect((await call(source)).value).toEqual(['a', 'b', 'c'])
  })

  test('what an answer leaves behind goes on', async () => {
    const loaded = await loadFunction({
      'index.js': `
        let left = 0
        exports.handler = async event => {
          if (!event.ask) setTimeout(() => { left++; console.log('left') }, 20)
          return left
        }`,
    })
    expect((await loaded.call()).value).toBe(0)
    await new Promise(resolve => setTimeout(resolve, 100))
    const next = await loaded.call({ ask: true })
    expect(next.value).toBe(1)
    // As on Lambda, where it would run with the next event.
    expect(next.logs).toContain('INFO\tleft')
  })

  test('what an error leaves behind goes on, too', async () => {
    const loaded = await loadFunction({
      'index.js': `
        let left = 0
        exports.handler = async event => {
          if (event.ask) return left
          setTimeout(() => { left++ }, 30)
          throw new Error('early')
        }`,
    })
    expect((await loaded.call()).failed).toBe(true)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect((await loaded.call({ ask: true })).value).toBe(1)
  })

  test('a handler that answers nobody is waited for as long as it has something to do', async () => {
    const source = `
      let done = 0
      exports.handler = event => { if (event.ask) return Promise.resolve(done); setTimeout(() => { done++ }, 10) }`
    const loaded = await loadFunction({ 'index.js': source })
    expect((await loaded.call()).value).toBe(null)
    expect((await loaded.call({ ask: true })).value).toBe(1)
  })

  test('hands the event on as it is', async () => {
    const event = { text: 'Größe 日本 \u2028', list: [1, 1.5, null, true], nested: { __proto__: 1 } }
    expect((await call(`exports.handler = async e => e`, event)).value).toEqual(event)
  })

  test('finds handlers in nested folders, nested exports and ES modules', async () => {
    const source = `exports.handler = async () => 'cjs'; exports.deep = { er: async () => 'deep' }`
    expect((await call({ 'src/app/main.js': source }, {}, 'src/app/main.handler')).value).toBe('cjs')
    expect((await call({ 'src/app/main.js': source }, {}, 'src/app/main.deep.er')).value).toBe('deep')
    expect(
      (await call({ 'main.mjs': `export const handler = async () => 'esm'` }, {}, 'main.handler')).value,
    ).toBe('esm')
    expect((await call({ 'main.cjs': source }, {}, 'main.handler')).value).toBe('cjs')
    expect(
      (await call({ 'main.mjs': `export default { handler: async () => 'default' }` }, {}, 'main.handler'))
        .value,
    ).toBe('default')
  })
})

describe('the environment of a function', () => {
  test('has the context object of Lambda', async () => {
    const loaded = await loadFunction({
      'index.js': `exports.handler = async (e, c) => { const r = c.getRemainingTimeInMillis(); await new Promise(s => setTimeout(s, 30)); const later = c.getRemainingTimeInMillis(); return { ...c, counts: later < r && r <= 3000 && later > 0, keys: Object.keys(c) } }`,
    })
    const clientContext = btoa(JSON.stringify({ custom: { a: 'b' }, client: { app_title: 'x' } }))
    const { value } = await loaded.call({}, { clientContext, identity: '{"cognitoIdentityId":"id"}' })
    expect(value).toMatchObject({
      counts: true,
      functionName: 'demo',
      functionVersion: '7',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:demo:prod',
      memoryLimitInMB: '128',
      awsRequestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
      logGroupName: '/aws/lambda/demo',
      logStreamName: '2026/11/22/[7]0123456789abcdef0123456789abcdef',
      clientContext: { custom: { a: 'b' }, client: { app_title: 'x' } },
      identity: { cognitoIdentityId: 'id' },
      callbackWaitsForEmptyEventLoop: true,
    })
  })

  test('has its variables before its code runs', async () => {
    const loaded = await loadFunction(
      {
        'index.mjs': `const table = process.env.TABLE; export const handler = async () => [table, process.env.LAMBDA_TASK_ROOT, process.env._X_AMZN_TRACE_ID, process.env.NONE, process.argv[1]]`,
      },
      { environment: { TABLE: 'größe', LAMBDA_TASK_ROOT: '/var/task' } },
    )
    expect((await loaded.call({}, { traceId: 'Root=1-5e-abc' })).value).toEqual([
      'größe',
      '/var/task',
      'Root=1-5e-abc',
      null,
      '/var/runtime/index.mjs',
    ])
  })

  test('looks for packages in layers and in NODE_PATH', async () => {
    const { codeParts } = await import('./load-function.ts')
    const loaded = await loadFunction(
      {
        'index.js': `exports.handler = async () => [require('layered'), require('fs').readFileSync('/opt/data.txt', 'utf8')]`,
      },
      {
        environment: { NODE_PATH: '/opt/nodejs/node_modules:/var/runtime/node_modules' },
        layers: [
          await codeParts({ 'nodejs/node_modules/layered/index.js': `module.exports = 'first'` }),
          await codeParts({
            'nodejs/node_modules/layered/index.js': `module.exports = 'second'`,
            'data.txt': 'opt',
          }),
        ],
      },
    )
    expect((await loaded.call()).value).toEqual(['second', 'opt'])
  })
})

describe('errors', () => {
  test('are documents with type, message and trace, and lines of the function in it', async () => {
    const { failed, value, logs } = await call(`
class OrderError extends Error { constructor(m) { super(m); this.name = 'OrderError'; this.code = 'E1' } }
function place() { throw new OrderError('no stock') }
exports.handler = async () => {
  place()
}`)
    expect(failed).toBe(true)
    expect(value).toMatchObject({ errorType: 'OrderError', errorMessage: 'no stock' })
    const { trace } = value as { trace: string[] }
    expect(trace.slice(0, 3)).toEqual([
      'OrderError: no stock',
      '    at place (/var/task/index.js:3:26)',
      expect.stringMatching(/^ {4}at exports\.handler \(\/var\/task\/index\.js:5:3\)$/),
    ])
    expect(logs).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z\t8476a536-e9f4-11e8-9739-2dfe598c3fcd\tERROR\tInvoke Error \t\{"errorType":"OrderError","errorMessage":"no stock","code":"E1","name":"OrderError","stack":\["OrderError: no stock",/,
    )
  })

  test('keep their lines in converted ES modules', async () => {
    const { value } = await call({
      'index.mjs': `import { fail }
  from './lib/fail.mjs'
export const handler = async () => {
  return fail()
}`,
      'lib/fail.mjs': `// first\nexport function fail() {\n  throw new TypeError('here')\n}`,
    })
    expect((value as { trace: string[] }).trace.slice(0, 3)).toEqual([
      'TypeError: here',
      '    at fail (file:///var/task/lib/fail.mjs:3:9)',
      expect.stringMatching(/at handler \(file:\/\/\/var\/task\/index\.mjs:4:/),
    ])
  })

  const thrown: [string, string, object][] = [
    ['a string', `throw 'plain'`, { errorType: 'string', errorMessage: 'plain', trace: [] }],
    ['a number', `throw 5`, { errorType: 'number', errorMessage: '5', trace: [] }],
    ['an object', `throw { a: 1 }`, { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
    ['undefined', `throw undefined`, { errorType: 'handled' }],
    ['null', `throw null`, { errorType: 'handled' }],
    ['an object without a prototype', `throw Object.create(null)`, { errorType: 'handled' }],
    [
      'an error that throws when it is read',
      `throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })`,
      { errorType: 'handled' },
    ],
    [
      'what an error imitates',
      `throw { name: 'Like', message: 'an error', stack: 'Like: an error\\n    at x' }`,
      { errorType: 'Like', errorMessage: 'an error', trace: ['Like: an error', '    at x'] },
    ],
  ]
  test.each(thrown)('%s thrown', async (_, statement, expected) => {
    expect(await call(`exports.handler = async () => { ${statement} }`)).toMatchObject({
      failed: true,
      value: expected,
    })
  })

  test('in callbacks, context.fail and before a promise was made', async () => {
    expect((await call(`exports.handler = (e, c, cb) => { cb(new RangeError('cb')) }`)).value).toMatchObject({
      errorType: 'RangeError',
    })
    expect((await call(`exports.handler = (e, c, cb) => { cb('text') }`)).value).toMatchObject({
      errorType: 'string',
      errorMessage: 'text',
    })
    expect((await call(`exports.handler = (e, c) => { c.fail(new Error('f')) }`)).value).toMatchObject({
      errorMessage: 'f',
    })
    expect((await call(`exports.handler = (e, c) => { c.fail() }`)).value).toMatchObject({
      errorMessage: 'handled',
    })
    expect((await call(`exports.handler = (e, c, cb) => { throw new Error('sync') }`)).value).toMatchObject({
      errorMessage: 'sync',
    })
  })

  test('of the handler name', async () => {
    const source = `exports.other = 1; exports.handler = async () => 1`
    const value = async (handler: string) => (await call(source, {}, handler)).value
    expect(await value('index.none')).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: 'index.none is undefined or not exported',
    })
    expect(await value('index.other')).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: 'index.other is not a function',
    })
    expect(await value('index')).toMatchObject({
      errorType: 'Runtime.MalformedHandlerName',
      errorMessage: 'Bad handler',
    })
    expect(await value('../index.handler')).toMatchObject({ errorType: 'Runtime.MalformedHandlerName' })
    expect(await value('main.handler')).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: "Error: Cannot find module 'main'\nRequire stack:\n- /var/runtime/index.mjs",
    })
  })

  test('while the module loads are told on every call', async () => {
    const loaded = await loadFunction({
      'index.js': `globalThis.n = (globalThis.n || 0) + 1; throw new Error('load ' + globalThis.n)`,
    })
    expect((await loaded.call()).value).toMatchObject({ errorType: 'Error', errorMessage: 'load 1' })
    const second = await loaded.call()
    expect(second.value).toMatchObject({ errorMessage: 'load 2' })
    expect(second.logs).toContain('\tundefined\tERROR\tUncaught Exception \t{"errorType":"Error"')
  })

  test('of results that are not JSON', async () => {
    for (const result of [
      '1n',
      '(() => { const a = {}; a.a = a; return a })()',
      '({ toJSON() { throw 1 } })',
    ]) {
      expect((await call(`exports.handler = async () => ${result}`)).value).toMatchObject({
        errorType: 'Runtime.JSONStringifyError',
        errorMessage: 'Unable to stringify response body',
      })
    }
  })

  test('of results that are too large, counted in bytes', async () => {
    const tooLarge = {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    }
    expect((await call(`exports.handler = async () => 'x'.repeat(6291556)`)).value).toEqual(tooLarge)
    expect((await call(`exports.handler = async () => 'ä'.repeat(3145778)`)).value).toEqual(tooLarge)
    expect((await call(`exports.handler = async () => 'ä'.repeat(3145777)`)).failed).toBe(false)
  })

  test('that nobody awaits end the call and the state', async () => {
    const loaded = await loadFunction({
      'index.js': `let n = 0; exports.handler = async e => { n++; if (e.fail) { Promise.reject(new TypeError('floating')); await new Promise(r => setTimeout(r, 1000)) } return n }`,
    })
    expect((await loaded.call()).value).toBe(1)
    const failed = await loaded.call({ fail: true })
    expect(failed).toMatchObject({
      failed: true,
      exited: true,
      value: {
        errorType: 'Runtime.UnhandledPromiseRejection',
        errorMessage: 'TypeError: floating',
        reason: { errorType: 'TypeError', errorMessage: 'floating' },
        promise: {},
      },
    })
    expect(failed.logs).toContain(
      '\tERROR\tUnhandled Promise Rejection \t{"errorType":"Runtime.UnhandledPromiseRejection"',
    )
    expect((await loaded.call()).value).toBe(1)
  })

  test('in timers end the call', async () => {
    const { value } = await call(
      `exports.handler = async () => { setTimeout(() => { throw new Error('in a timer') }, 1); await new Promise(r => setTimeout(r, 1000)) }`,
    )
    expect(value).toMatchObject({ errorType: 'Error', errorMessage: 'in a timer' })
  })

  test('process.exit ends the call and the state', async () => {
    const loaded = await loadFunction({
      'index.js': `let n = 0; exports.handler = async e => { n++; if ('code' in e) process.exit(e.code); return n }`,
    })
    await loaded.call()
    expect(await loaded.call({ code: 3 })).toMatchObject({
      exited: true,
      value: {
        errorType: 'Runtime.ExitError',
        errorMessage:
          'RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Error: Runtime exited with error: exit status 3',
      },
    })
    expect((await loaded.call()).value).toBe(1)
    expect((await loaded.call({ code: 0 })).value).toMatchObject({
      errorMessage: expect.stringContaining('Runtime exited without providing a reason'),
    })
  })

  test('of promises that belong to an earlier call say so', async () => {
    const loaded = await loadFunction({
      'index.js': `let body; exports.handler = async e => { if (e.make) { body = new Response('x'.repeat(10)).body; return 'made' } return (await new Response(body).text()).length }`,
    })
    await loaded.call({ make: true })
    const { value } = await loaded.call()
    if (typeof value === 'object') {
      expect(value).toMatchObject({ errorMessage: expect.stringContaining('create it inside the handler') })
    }
  })

  test('a handler that waits for nothing is told', async () => {
    const loaded = await loadFunction({ 'index.js': `exports.handler = (e, c, cb) => {}` })
    await expect(loaded.call()).rejects.toThrow('waits for something that will never happen')
  })
})

describe('logs', () => {
  test('are the lines that Lambda writes', async () => {
    const { logs, value } = await call(`
console.log('loading')
exports.handler = async () => {
  console.log('plain', 1, true); console.info('%s is %d', 'x', 2); console.warn({ a: { b: { c: {} } } }); console.error(new Error('e').message)
  console.debug(undefined, null, [1]); console.trace('t'); console.log('zwei\\nZeilen ü'); console.log()
  process.stdout.write('raw\\n'); console.dir({ d: 1 }); console.assert(1 === 2, 'asserted'); console.log('%o%%', 'x')
  return 'ü'
}`)
    expect(value).toBe('ü')
    const id = '8476a536-e9f4-11e8-9739-2dfe598c3fcd'
    expect(logs.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/gm, 'TIME')).toBe(
      `TIME\tundefined\tINFO\tloading
TIME\t${id}\tINFO\tplain 1 true
TIME\t${id}\tINFO\tx is 2
TIME\t${id}\tWARN\t{ a: { b: { c: {} } } }
TIME\t${id}\tERROR\te
TIME\t${id}\tDEBUG\tundefined null [ 1 ]
TIME\t${id}\tTRACE\tt
TIME\t${id}\tINFO\tzwei
Zeilen ü
TIME\t${id}\tINFO\t
raw
{ d: 1 }
TIME\t${id}\tWARN\tAssertion failed: asserted
TIME\t${id}\tINFO\t'x'%
`,
    )
  })

  test('are structured when the function asks for it', async () => {
    const loaded = await loadFunction(
      {
        'index.js': `exports.handler = async () => { console.debug('no'); console.warn('a', 1); console.error({ k: 1 }); console.error('failed', new RangeError('r')) }`,
      },
      { environment: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' } },
    )
    const { logs } = await loaded.call()
    const requestId = '8476a536-e9f4-11e8-9739-2dfe598c3fcd'
    expect(
      logs
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual([
      { timestamp: expect.any(String), level: 'WARN', requestId, message: 'a 1' },
      { timestamp: expect.any(String), level: 'ERROR', requestId, message: { k: 1 } },
      {
        timestamp: expect.any(String),
        level: 'ERROR',
        requestId,
        message: expect.stringMatching(/^failed RangeError: r/),
        errorType: 'RangeError',
        errorMessage: 'r',
        stackTrace: expect.any(Array),
      },
    ])
  })

  test('belong to one call, and are cut when they are endless', async () => {
    const loaded = await loadFunction({
      'index.js': `exports.handler = async e => { for (let i = 0; i < e.n; i++) console.log('x'.repeat(1000)) }`,
    })
    expect((await loaded.call({ n: 1 })).logs.split('\n').length).toBe(2)
    const { logs } = await loaded.call({ n: 5000 })
    expect(logs.length).toBeLessThan(2.1 * 1024 * 1024)
    expect(logs).toContain('is dropped')
    expect((await loaded.call({ n: 2 })).logs.split('\n').length).toBe(3)
  })
})

describe('one event at a time', () => {
  const counter = {
    'index.js': `let current; let n = 0; exports.handler = async e => { current = e.name; n++; if (e.wait) await new Promise(r => setTimeout(r, e.wait)); return [current, n] }`,
  }

  test('sequential calls share the state of the module', async () => {
    const loaded = await loadFunction(counter)
    expect((await loaded.call({ name: 'a' })).value).toEqual(['a', 1])
    expect((await loaded.call({ name: 'b' })).value).toEqual(['b', 2])
  })

  test('an overlapping call is told that the isolate is busy', async () => {
    const loaded = await loadFunction(counter)
    const first = loaded.call({ name: 'a', wait: 60 })
    await new Promise(r => setTimeout(r, 20))
    expect((await loaded.call({ name: 'b' })).kind).toBe('busy')
    expect((await first).value).toEqual(['a', 1])
    expect((await loaded.call({ name: 'c' })).value).toEqual(['c', 2])
  })

  test('a shared isolate takes both', async () => {
    const loaded = await loadFunction(counter, { shared: true })
    const first = loaded.call({ name: 'a', wait: 60 })
    await new Promise(r => setTimeout(r, 20))
    expect((await loaded.call({ name: 'b' })).value).toEqual(['b', 2])
    expect((await first).value).toEqual(['b', 2])
  })

  test('a call that was cut off leaves an isolate that begins anew after its time', async () => {
    const loaded = await loadFunction(counter)
    await loaded.call({ name: 'a' })
    const timeOut = AbortSignal.timeout(40)
    await expect(
      loaded.call({ name: 'b', wait: 10_000 }, { deadlineMs: Date.now() + 80 }, timeOut),
    ).rejects.toThrow()
    expect((await loaded.call({ name: 'c' })).kind).toBe('busy')
    await new Promise(r => setTimeout(r, 80))
    expect((await loaded.call({ name: 'd' })).value).toEqual(['d', 1])
  })

  test('a time-out stops what the handler was doing', async () => {
    const loaded = await loadFunction({
      'index.js': `globalThis.ticks = 0; exports.handler = async e => { if (e.look) return globalThis.ticks; for (;;) { await new Promise(r => setTimeout(r, 5)); globalThis.ticks++ } }`,
    })
    await expect(loaded.call({}, { deadlineMs: Date.now() + 50 }, AbortSignal.timeout(50))).rejects.toThrow()
    const seen = (await loaded.call({ look: true })).value
    await new Promise(r => setTimeout(r, 60))
    expect((await loaded.call({ look: true })).value).toBe(seen)
  })
})
