import { describe, expect, test } from 'vitest'
import { deploy, isolateOf, lambdaHarness } from '../function-host.ts'
import { type Files, loadFunction } from './load-function.ts'

declare global {
  interface ImportMeta {
    glob<T>(patterns: string[], options: object): Record<string, T>
  }
}

const FIXTURES = '/test/fixtures/source-maps/'
const fixtures = import.meta.glob<string>(['/test/fixtures/source-maps/*/index.*'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

function filesOf(variant: string): Files {
  const files: Files = {}
  for (const path in fixtures) {
    const [name, file] = path.slice(FIXTURES.length).split('/')
    if (name === variant) files[file!] = fixtures[path]!
  }
  return files
}

const environment = { NODE_OPTIONS: '--max-old-space-size=512 --enable-source-maps' }

async function traceOf(files: Files, event: object, variables: Record<string, string> = environment) {
  const loaded = await loadFunction(files, { environment: variables })
  const { value, logs } = await loaded.call(event)
  return { trace: (value as { trace: string[] }).trace, logs }
}

// What Node itself writes for these files: `node --enable-source-maps`. Names come from the map where it has them.
const nodeTrace = (named: [steps: string, step: string, handler: string], place: string) => [
  `    at place (/var/src/orders.ts:${place})`,
  `    at ${named[0]} (/var/src/handler.ts:8:12)`,
  `    at ${named[1]} (/var/src/handler.ts:14:30)`,
  '    at Array.map (<anonymous>)',
  `    at ${named[2]} (/var/src/handler.ts:14:18)`,
]

describe('with --enable-source-maps, traces are those of the TypeScript that was bundled', () => {
  const variants: [variant: string, files: string, named: [string, string, string]][] = [
    ['external', 'CommonJS with a map beside it', ['steps', '<anonymous>', 'handler']],
    ['inline', 'minified CommonJS with a map inside', ['order', 'step', 'x']],
    ['module', 'a minified ES module, whose imports were replaced', ['order', 'step', 'm']],
  ]
  test.each(variants)('%s: %s', async (variant, _, named) => {
    const refused = await traceOf(filesOf(variant), { id: 7, total: 0 })
    expect(refused.trace.slice(0, 6)).toEqual([
      'OrderError: order 7 is refused',
      ...nodeTrace(named, '19:41'),
    ])
    const failed = await traceOf(filesOf(variant), { id: 7, total: 1, logged: true })
    expect(failed.trace.slice(0, 6)).toEqual([
      'OrderError: order 7 cannot be placed',
      ...nodeTrace(named, '21:9'),
    ])
    // As the handler logs it, and as the runtime does.
    expect(failed.logs.match(/at place \(\/var\/src\/orders\.ts:21:9\)/g)).toHaveLength(2)
  })

  test('through the variables of a deployed function', async () => {
    const weir = await lambdaHarness()
    const { invoke } = isolateOf(weir)
    await deploy(weir, 'orders', filesOf('external'), {
      Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } },
    })
    const result = await invoke('orders', { id: 7, total: 1 })
    expect(result).toMatchObject({ functionError: 'Unhandled' })
    expect(JSON.parse((result as { payload: string }).payload).trace[1]).toBe(
      '    at place (/var/src/orders.ts:21:9)',
    )
  })

  test('once the program asks for it', async () => {
    const asking = {
      'index.js': `process.setSourceMapsEnabled(true); exports.handler = require('./bundle').handler`,
    }
    const { trace } = await traceOf({ ...asking, ...bundleOf('external') }, { id: 7, total: 1 }, {})
    expect(trace[1]).toBe('    at place (/var/src/orders.ts:21:9)')
  })
})

/** A variant under another name than the handler's. */
const bundleOf = (variant: string): Files =>
  Object.fromEntries(
    Object.entries(filesOf(variant)).map(([path, text]) => [
      path.replace('index.', 'bundle.'),
      (text as string).replace('sourceMappingURL=index.', 'sourceMappingURL=bundle.'),
    ]),
  )

describe('traces stay those of the uploaded files', () => {
  test('without the option', async () => {
    const { trace } = await traceOf(filesOf('external'), { id: 7, total: 1 }, {})
    expect(trace[1]).toMatch(/^ {4}at place \(\/var\/task\/index\.js:\d+:9\)$/)
  })

  test.each([
    ['is missing', {}],
    ['is broken', { 'index.js.map': '{"version":3,"sources":[' }],
    ['is somewhere else', { 'index.js': 'https://maps.example.com/index.js.map' }],
  ])('where the map %s', async (_, change) => {
    const { 'index.js': script } = filesOf('external') as Record<string, string>
    const files: Files = { 'index.js': script!, ...change }
    if ('index.js' in change) files['index.js'] = script!.replace(/(?<=URL=).*/, change['index.js'] as string)
    const { trace } = await traceOf(files, { id: 7, total: 1 })
    expect(trace[1]).toMatch(/^ {4}at place \(\/var\/task\/index\.js:\d+:9\)$/)
  })
})

describe('columns are those of the uploaded file', () => {
  test('in ES modules, whose imports are replaced by others names', async () => {
    const source = `import assert, { strictEqual as same, ok } from 'node:assert'
import * as path from 'node:path'
const at = f => { try { f() } catch (e) { return Number(/index\\.mjs:\\d+:(\\d+)/.exec(e.stack)[1]) } }
const found = [
  at(() => { ok(1); same(1, 1); assert(1); null.first }),
  at(() => { const o = { ok, same, a: same }; ok(o); (null).second }),
  at(() => { const n = [same, assert.ok, path.sep, import.meta.url, import('node:os')]; null.third }),
]
export const handler = async () => { ok(1); const last = at(() => { same(1, 1); null.fourth }); return [...found, last] }`
    const loaded = await loadFunction({ 'index.mjs': source })
    const columns = source.split('\n').flatMap(line => {
      const column = /(?:first|second|third|fourth)\b/.exec(line)?.index
      return column === undefined ? [] : [column + 1]
    })
    expect((await loaded.call()).value).toEqual(columns)
  })

  test('in CommonJS whose import() is replaced', async () => {
    const source = `const at = f => { try { f() } catch (e) { return Number(/index\\.js:\\d+:(\\d+)/.exec(e.stack)[1]) } }
exports.handler = async () => [at(() => { import('node:os'); null.first }),
  at(() => { import('node:os'); import('node:path'); null.second })]`
    const loaded = await loadFunction({ 'index.js': source })
    const columns = source.split('\n').flatMap(line => {
      const column = /(?:first|second)\b/.exec(line)?.index
      return column === undefined ? [] : [column + 1]
    })
    expect((await loaded.call()).value).toEqual(columns)
  })
})

test('a program that prepares traces itself gets the places of its files', async () => {
  const prepare = `const before = Error.prepareStackTrace
Error.prepareStackTrace = (error, sites) => sites
const [site] = new Error().stack
const found = [site.getFileName(), site.getLineNumber(), site.getColumnNumber(), site.isToplevel(), String(site)]
Error.prepareStackTrace = before`
  const commonjs = await loadFunction({ 'index.js': `${prepare}\nexports.handler = async () => found` })
  expect((await commonjs.call()).value).toEqual([
    '/var/task/index.js',
    3,
    16,
    expect.any(Boolean),
    expect.stringMatching(/\/var\/task\/index\.js:3:16/),
  ])
  const module = await loadFunction({
    'index.mjs': `${prepare}\nexport const handler = async () => [...found, new Error().stack.split('\\n')[1]]`,
  })
  expect((await module.call()).value).toEqual([
    'file:///var/task/index.mjs',
    3,
    16,
    expect.any(Boolean),
    expect.stringMatching(/file:\/\/\/var\/task\/index\.mjs:3:16/),
    expect.stringMatching(/^ {4}at .*file:\/\/\/var\/task\/index\.mjs:6:\d+/),
  ])
})
