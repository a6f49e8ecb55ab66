import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Answered } from '../../src/functions/invocation.ts'
import { deploy, isolateOf, lambdaHarness } from './function-host.ts'

const COUNTER = `
  let calls = 0
  const born = Math.random()
  exports.handler = async event => {
    if (event.exit) process.exit(3)
    await new Promise(resolve => setTimeout(resolve, event.ms ?? 0))
    return { calls: ++calls, born }
  }`

interface State {
  readonly calls: number
  readonly born: number
}

describe('a call', () => {
  test('that fails to load the code is refused as unavailable, and the next one succeeds', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'unread', COUNTER)
    let failing = true
    const { STORE } = weir.env
    const isolate = isolateOf(weir, {
      STORE: new Proxy(STORE, {
        get(target, name) {
          if (name !== 'get') return Reflect.get(target, name)
          return (key: string) => {
            if (failing && key.startsWith('code/')) throw new Error('the store is away')
            return target.get(key)
          }
        },
      }),
    })
    silence('error')
    expect(await isolate.invoke('unread')).toMatchObject({ kind: 'refused', reason: 'unavailable' })
    failing = false
    expect(await isolate.valueOf<State>('unread')).toMatchObject({ calls: 1 })
    expect(await isolate.valueOf<State>('unread')).toMatchObject({ calls: 2 })
  })

  test('is made in another slot when the loader dropped an isolate and cannot read its code again', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'dropped', COUNTER)
    let failing = true
    const isolate = isolateOf(weir, {
      STORE: new Proxy(weir.env.STORE, {
        get(target, name) {
          if (name !== 'get') return Reflect.get(target, name)
          return (key: string) => {
            if (!failing || !key.startsWith('code/')) return target.get(key)
            failing = false
            throw new Error('the store is away')
          }
        },
      }),
    })
    const pointer = await weir.pointer('dropped')
    const version = await isolate.loader.version(pointer!.latest)
    // As after a call in slot 0 whose isolate and package are no longer kept.
    version.loaded.add(0)
    expect(await isolate.valueOf<State>('dropped')).toMatchObject({ calls: 1 })
    expect(failing).toBe(false)
    expect([...version.loaded]).toEqual([1])
  })

  test('prepares code again that was prepared by another release', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'prepared-before', COUNTER)
    const { STORE } = weir.env
    for (const { key } of (await STORE.list({ prefix: 'code/' })).objects) {
      if (!key.endsWith('.zip')) await STORE.delete(key)
    }
    expect(await isolateOf(weir).valueOf<State>('prepared-before')).toMatchObject({ calls: 1 })
  })

  test('that is out of time says so as Lambda does, and the slot begins anew', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'late', COUNTER, { Timeout: 1 })
    const isolate = isolateOf(weir)
    const first = await isolate.valueOf<State>('late')
    const late = (await isolate.invoke('late', { ms: 5_000 }, { requestId: 'late-1' })) as Answered
    expect(late).toMatchObject({ functionError: 'Unhandled', executedVersion: '$LATEST' })
    expect(JSON.parse(late.payload)).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: late-1 Error: Task timed out after 1.00 seconds',
    })
    expect(late.logs).toMatch(
      /^START RequestId: late-1 Version: \$LATEST\n.*Z late-1 Task timed out after 1\.00 seconds\n\nEND/,
    )
    const next = await isolate.valueOf<State>('late')
    expect(next.calls).toBe(1)
    expect(next.born).not.toBe(first.born)
    expect(await isolate.valueOf<State>('late')).toEqual({ calls: 2, born: next.born })
  })

  test('that ended the process loses the function’s state and not its slot', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'ending', COUNTER)
    const ids = new Set<string>()
    const { LOADER } = weir.env
    const isolate = isolateOf(weir, {
      LOADER: {
        get: (id: string, load: () => WorkerLoaderWorkerCode) => {
          ids.add(id)
          return LOADER.get(id, load)
        },
      } as unknown as WorkerLoader,
    })
    for (let round = 0; round < 3; round++) {
      expect(await isolate.valueOf<State>('ending')).toMatchObject({ calls: 1 })
      expect(await isolate.invoke('ending', { exit: true })).toMatchObject({ functionError: 'Unhandled' })
    }
    expect(ids.size).toBe(1)
  })

  test('that waits for what cannot come loses the function’s state and not its slot', async () => {
    const weir = await lambdaHarness()
    const source = `
      const born = Math.random()
      const run = async ({ never }) => (never ? new Promise(() => {}) : born)`
    await deploy(weir, 'never', `${source}; exports.handler = run`)
    await deploy(
      weir,
      'never-streamed',
      `${source}; exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.write(event.never ? 'a' : '')
        stream.end(JSON.stringify(await run(event)))
      })`,
    )
    await deploy(weir, 'never-shared', `${source}; exports.handler = run`, {
      Tags: { 'weir:shared-isolates': 'true' },
    })
    for (const name of ['never', 'never-streamed', 'never-shared']) {
      const ids = new Set<string>()
      const { LOADER } = weir.env
      const get = (id: string, load: () => WorkerLoaderWorkerCode) => {
        ids.add(id)
        return LOADER.get(id, load)
      }
      const isolate = isolateOf(weir, { LOADER: { get } as unknown as WorkerLoader })
      const born = new Set<number>()
      for (let round = 0; round < 3; round++) {
        born.add(await isolate.valueOf<number>(name))
        const result = (await isolate.invoke(name, { never: true })) as Answered
        expect(JSON.parse(result.payload).errorMessage, name).toContain('something that will never happen')
      }
      expect(ids.size, name).toBe(1)
      // Other events go on in a shared isolate: theirs is the state, too.
      expect(born.size, name).toBe(name === 'never-shared' ? 1 : 3)
    }
  })

  test('that is given up leaves its slot, whether the function had it or not', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'given-up', COUNTER, { Timeout: 20 })
    const isolate = isolateOf(weir)
    const { born } = await isolate.valueOf<State>('given-up')
    const abort = new AbortController()
    const first = isolate.invoke('given-up', { ms: 10_000 }, { signal: abort.signal })
    await new Promise(resolve => setTimeout(resolve, 100))
    abort.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    const signal = AbortSignal.abort(new Error('gone before'))
    await expect(isolate.invoke('given-up', {}, { signal })).rejects.toThrow('gone before')
    const next = await isolate.valueOf<State>('given-up')
    expect(next.calls).toBe(1)
    expect(next.born).not.toBe(born)
    const version = await isolate.loader.version((await weir.pointer('given-up'))!.latest)
    expect([...version.loaded]).toEqual([0])
  })

  test('finds the isolate that was warmed before warming failed', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'half-warm', COUNTER)
    const ids: string[] = []
    const { LOADER } = weir.env
    const get = (id: string, load: () => WorkerLoaderWorkerCode) => {
      ids.push(id)
      if (ids.length === 2) throw new Error('no more isolates')
      return LOADER.get(id, load)
    }
    const isolate = isolateOf(weir, { LOADER: { get } as unknown as WorkerLoader })
    const { latest } = (await weir.pointer('half-warm'))!
    await expect(isolate.host.versions.warm(latest, 3)).rejects.toThrow('no more isolates')
    expect(await isolate.valueOf<State>('half-warm')).toMatchObject({ calls: 1 })
    expect(ids).toHaveLength(3)
    expect(ids[2]).toBe(ids[0])
  })

  test('of many at once reads the package once', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'burst', COUNTER)
    let reads = 0
    const { STORE } = weir.env
    const isolate = isolateOf(weir, {
      STORE: new Proxy(STORE, {
        get(target, name) {
          if (name !== 'get') return Reflect.get(target, name)
          return (key: string) => {
            if (key.endsWith('.bin')) reads++
            return target.get(key)
          }
        },
      }),
    })
    const states = await Promise.all(
      Array.from({ length: 8 }, () => isolate.valueOf<State>('burst', { ms: 100 })),
    )
    expect(new Set(states.map(state => state.born)).size).toBe(8)
    expect(states.every(state => state.calls === 1)).toBe(true)
    expect(reads).toBe(1)
  })

  test('passes over slots that other isolates are using, with a few tries', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'contended', COUNTER, { Timeout: 10 })
    const other = isolateOf(weir)
    const busy = Array.from({ length: 20 }, () => other.valueOf<State>('contended', { ms: 3_000 }))
    await new Promise(resolve => setTimeout(resolve, 500))
    // Drawn at random, four runs in a thousand would not come past all of them within their tries.
    const isolate = isolateOf(weir, {}, { random: () => 0.5 })
    const started = Date.now()
    expect(await isolate.valueOf<State>('contended')).toMatchObject({ calls: 1 })
    expect(Date.now() - started).toBeLessThan(2_000)
    await Promise.all(busy)
  })

  test('of a deleted version, or an alias that points to it, finds nothing', async () => {
    const weir = await lambdaHarness()
    await deploy(weir, 'gone', COUNTER, { Publish: true })
    const isolate = isolateOf(weir)
    await isolate.valueOf('gone', {}, { qualifier: '1' })
    await weir.client.deleteFunction({ FunctionName: 'gone', Qualifier: '1' })
    isolate.host.pointers.clear()
    expect(await isolate.invoke('gone', {}, { qualifier: '1' })).toMatchObject({ reason: 'not-found' })
    expect(await isolate.valueOf('gone')).toMatchObject({ calls: 1 })
  })

  test('reaches nothing of Weir, no cache, and no network but by its own way out', async () => {
    const weir = await lambdaHarness()
    await deploy(
      weir,
      'curious',
      `exports.handler = async () => {
        const seen = {}
        seen.workers = await import('cloudflare:workers').then(Object.keys, () => 'nothing')
        seen.cache = await (async () => (await caches.default.match('http://example.com/')) ?? 'nothing')().catch(String)
        seen.socket = await new Promise(resolve => {
          const socket = require('node:net').connect(1, '127.0.0.1')
          socket.on('error', error => resolve(String(error)))
          socket.on('data', () => resolve('data'))
          socket.write('x')
        })
        return seen
      }`,
    )
    const seen = await isolateOf(weir).valueOf<Record<string, unknown>>('curious')
    expect(seen.cache).toBe('Error: No Cache was configured')
    // Nobody listens there: it was asked, on the function's own way out.
    expect(seen.socket).toBe('Error: connect ECONNREFUSED 127.0.0.1:1')
    expect(seen.workers).toBe('nothing')
  })
})

function silence(method: 'error' | 'warn') {
  const spy = vi.spyOn(console, method).mockImplementation(() => {})
  onTestFinished(() => spy.mockRestore())
}
