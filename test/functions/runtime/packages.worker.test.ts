import { describe, expect, test } from 'vitest'
import { type Files, loadFunction } from './load-function.ts'

declare global {
  interface ImportMeta {
    glob<T>(patterns: string[], options: object): Record<string, T>
  }
}

// Packages as npm installed them. Vite looks for the call by its text, so it stands here as it is documented.
// https://vite.dev/guide/features.html#glob-import
const installed = import.meta.glob<string>(
  [
    '/node_modules/hono/**/*.{js,json}',
    '/node_modules/jose/**/*.{js,json}',
    '/node_modules/fast-check/**/*.{js,cjs,json}',
    '/node_modules/pure-rand/**/*.{js,cjs,json}',
  ],
  { query: '?raw', import: 'default', eager: true },
)

function filesOf(...packages: string[]): Files {
  const files: Files = {}
  for (const path in installed) {
    if (packages.some(name => path.startsWith(`/node_modules/${name}/`)))
      files[path.slice(1)] = installed[path]!
  }
  return files
}

describe('packages from npm run unchanged', () => {
  const programs: [name: string, packages: string[], files: Files, expected: unknown][] = [
    [
      'hono, required',
      ['hono'],
      {
        'index.js': `const { Hono } = require('hono'); const { cors } = require('hono/cors'); const app = new Hono(); app.use(cors()); app.get('/hi/:name', c => c.json({ hi: c.req.param('name') }))
exports.handler = async () => { const r = await app.request('/hi/Ada'); return [r.status, await r.json(), r.headers.get('access-control-allow-origin')] }`,
      },
      [200, { hi: 'Ada' }, '*'],
    ],
    [
      'hono for Lambda, imported',
      ['hono'],
      {
        'index.mjs': `import { Hono } from 'hono'; import { handle } from 'hono/aws-lambda'; const app = new Hono(); app.get('/x', c => c.text('Größe')); export const handler = async (e, c) => { const r = await handle(app)({ version: '2.0', rawPath: '/x', rawQueryString: '', headers: {}, requestContext: { http: { method: 'GET', path: '/x' }, domainName: 'd' } }, c); return [r.statusCode, r.body] }`,
      },
      [200, 'Größe'],
    ],
    [
      'jose, which is ES modules only, imported and required',
      ['jose'],
      {
        'index.mjs': `import { SignJWT, jwtVerify, base64url } from 'jose'; import { createRequire } from 'node:module'; const key = crypto.getRandomValues(new Uint8Array(32)); const required = createRequire(import.meta.url)('jose')
export const handler = async () => { const jwt = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(key); const { payload } = await required.jwtVerify(jwt, key); return [payload.a, required.SignJWT === SignJWT, typeof jwtVerify, base64url.encode('x')] }`,
      },
      [1, true, 'function', 'eA'],
    ],
    [
      'fast-check, which is both',
      ['fast-check', 'pure-rand'],
      {
        'index.js': `const fc = require('fast-check'); exports.handler = async () => { const esm = await import('fast-check'); let failed; try { fc.assert(fc.property(fc.nat(), n => n < 50), { seed: 1 }) } catch (e) { failed = /Counterexample: \\[50\\]/.test(e.message) } return [failed, esm.default === fc, esm.sample(esm.constant(3), 2)] }`,
      },
      [true, false, [3, 3]],
    ],
  ]
  test.each(programs)('%s', async (_, packages, files, expected) => {
    const loaded = await loadFunction({ ...filesOf(...packages), ...files })
    const first = await loaded.call()
    expect(first.value).toEqual(expected)
    expect((await loaded.call()).value).toEqual(expected)
  })

  test('code made from text is interpreted', async () => {
    const loaded = await loadFunction({
      'index.js': `const add = new Function('a', 'b', '"use strict"; return a + b')
const wrap = Function('fn', 'log', 'return function (arg0, arg1) { log(); return fn.apply(this, arguments) }')
const AsyncFunction = (async () => {}).constructor
let probe; try { new Function(''); probe = 'allowed' } catch (e) { probe = e.name }
exports.handler = async () => { let calls = 0; const wrapped = wrap(function (a, b) { return [this.x, a, b] }, () => calls++)
  return [add(1, 2), wrapped.call({ x: 0 }, 1, 2), wrapped.length, calls, Function('return this')() === globalThis, await new AsyncFunction('x', 'return await x')(Promise.resolve(4)), eval('1 + 1'), probe, add instanceof Function, (() => {}) instanceof Function] }`,
    })
    expect((await loaded.call()).value).toEqual([3, [0, 1, 2], 2, 1, true, 4, 2, 'EvalError', true, true])
  })
})
