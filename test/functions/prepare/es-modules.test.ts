import { describe, expect, test } from 'vitest'
import { type Files, outcomeOf, outcomesInNode } from './run-package.ts'

// Each package runs in Node and, converted, in the loader. Both have to come to the same default export.
const packages: Record<string, Files> = {
  'named, default and namespace imports': {
    'index.mjs': `import d, { a, b as c } from './x.mjs'; import * as ns from './x.mjs'; export default [d, a, c, ns.b, Object.keys(ns), Object.prototype.toString.call(ns)]`,
    'x.mjs': `export const a = 1; export let b = 2; export default function () { return 3 }\nexport { b as "odd name" }`,
  },
  'bindings that change': {
    'index.mjs': `import { count, add, list } from './x.mjs'; const before = count; add(); add(); const o = { count }; export default [before, count, o, list.length]`,
    'x.mjs': `export let count = 0; export const list = []; export function add() { count++; list.push(count) }`,
  },
  'assigning to an import': {
    'index.mjs': `import { a } from './x.mjs'; let name; try { a = 2 } catch (e) { name = e.name } try { a++ } catch (e) { name += e.name } export default name`,
    'x.mjs': `export const a = 1`,
  },
  'calling an import passes no this': {
    'index.mjs': `import { self } from './x.cjs'; import * as ns from './x.cjs'; export default [self() === undefined, self\`\` === undefined, ns.self() === ns, self?.() === undefined]`,
    'x.cjs': `'use strict'; exports.self = function () { return this }`,
  },
  'statements without semicolons': {
    'index.mjs': `import { f, g } from './x.mjs'
const out = []
let x = 1
f(out)
x++
f(out)
if (x) f(out)
else g(out)
const y = x
;[1].forEach(() => g(out))
const z = y
f(out)
switch (x) { case 2: f(out); break
default: g(out) }
do f(out); while (out.length < 5)
const arrow = () => f(out)
arrow()
export default out`,
    'x.mjs': `export const f = out => out.push('f')\nexport const g = out => out.push('g')`,
  },
  'names that are shadowed': {
    'index.mjs': `import { a, b, c, d, e } from './x.mjs'
const out = []
function f(a) { return a }
out.push(f(2))
const g = ({ b }, [c] = [7]) => b + c
out.push(g({ b: 1 }))
for (const a of [5]) out.push(a)
try { throw 9 } catch (d) { out.push(d) }
{ let e = 4; out.push(e); { var vv = e } }
const h = function a() { return typeof a }
out.push(h())
const K = class b { static me() { return b.name } }
out.push(K.me())
out.push(((a = b, { c = d } = {}) => [a, c])())
label: for (;;) { break label }
a: for (;;) { break a }
out.push({ a, b: c, [d]: e, c() { return c }, get d() { return d } }.c(), (x => x + a)(1))
async function later(a) { await null; return a }
out.push(await later(b), await (async a => a)(c), await (async (a, b = c) => [a, b])(d))
class L { a = a; static b = b; #c = c; m(d) { return [this.a, this.#c, d, e] } static { out.push(a) } }
out.push(new L().m(0), L.b)
const { a: renamed = a, ...others } = { x: b }
out.push(renamed, others, typeof a, [...[a]], \`\${a}\`, a ? b : c, -a, void a, (a, b))
if (true) { function c() { return 'inner' } out.push(c()) }
out.push(typeof c)
export default out`,
    'x.mjs': `export const a = 'A', b = 'B', c = 'C', d = 'D', e = 'E'`,
  },
  'new, member and optional calls': {
    'index.mjs': `import { K, o, no } from './x.mjs'; export default [new K(1).v, new K().v, new o.K(2).v, o.f(), o?.f?.(), no?.(), no?.x, new (K)(3).v, K.name, class extends K {}.name, (class extends K { constructor() { super(4) } }) && 1]`,
    'x.mjs': `export class K { constructor(v) { this.v = v } }\nexport const o = { K, v: 5, f() { return this.v } }\nexport const no = undefined`,
  },
  're-exports': {
    'index.mjs': `import * as all from './a.mjs'; import { two, deep } from './a.mjs'; export default [Object.keys(all), all.one, two, deep.x, all.default, all.own]`,
    'a.mjs': `export * from './b.mjs'; export * as deep from './c.mjs'; export { two, default } from './c.mjs'; export const own = 'own'`,
    'b.mjs': `export const one = 1; export const own = 'hidden'; export default 'not this'; export * from './c.mjs'`,
    'c.mjs': `export const x = 'x'; export const two = 2; export default 'c'`,
  },
  'imports exported again': {
    'index.mjs': `import { a, ns, d } from './a.mjs'; export default [a, ns.a, d]`,
    'a.mjs': `import d, { a } from './b.mjs'; import * as ns from './b.mjs'; export { a, ns, d }`,
    'b.mjs': `export const a = 1; export default 2`,
  },
  'the same name by two ways': {
    'index.mjs': `import { x } from './a.mjs'; export default x`,
    'a.mjs': `export * from './b.mjs'; export * from './c.mjs'`,
    'b.mjs': `export * from './d.mjs'`,
    'c.mjs': `export { x } from './d.mjs'`,
    'd.mjs': `export const x = 'one'`,
  },
  'a circle with hoisted functions': {
    'index.mjs': `import { a } from './a.mjs'; export default a()`,
    'a.mjs': `import { b, early } from './b.mjs'; export function a() { return ['a', b(), early] } export const late = 'late'`,
    'b.mjs': `import { a, late } from './a.mjs'; export const early = typeof a; export function b() { return late }`,
  },
  'a circle that comes too early': {
    'index.mjs': `import './a.mjs'; export default 1`,
    'a.mjs': `import { b } from './b.mjs'; export const a = 1`,
    'b.mjs': `import { a } from './a.mjs'; export const b = a`,
  },
  'stars in a circle': {
    'index.mjs': `import { a, b } from './a.mjs'; export default [a, b()]`,
    'a.mjs': `export * from './b.mjs'; export const a = 1`,
    'b.mjs': `export * from './a.mjs'; import { a } from './a.mjs'; export const b = () => a`,
  },
  'the order of evaluation': {
    'index.mjs': `import { log } from './log.mjs'; log.push('index'); import './a.mjs'; import './b.mjs'; export default log`,
    'log.mjs': `export const log = []`,
    'a.mjs': `import { log } from './log.mjs'; import './c.mjs'; log.push('a')`,
    'b.mjs': `import { log } from './log.mjs'; import './c.mjs'; log.push('b')`,
    'c.mjs': `import { log } from './log.mjs'; log.push('c')`,
  },
  'awaiting at top level': {
    'index.mjs': `import { a } from './a.mjs'; import { log } from './log.mjs'; import './sync.mjs'; log.push('index'); export default [a, log]`,
    'log.mjs': `export const log = []`,
    'a.mjs': `import { log } from './log.mjs'; log.push('a1'); const a = await new Promise(r => setTimeout(() => r('A'), 5)); for await (const x of [1]) log.push(x); log.push('a2'); export { a }`,
    'sync.mjs': `import { log } from './log.mjs'; log.push('sync')`,
  },
  'await that is not at top level': {
    'index.mjs': `import { f } from './x.mjs'; import { createRequire } from 'node:module'; const r = createRequire(import.meta.url); export default [await f(), r('./x.mjs').f.name]`,
    'x.mjs': `export const f = async () => { await null; return (await (async () => 1)()) }; class K { async m() { await 1 } }; for (const x of []) { async function g() { await x } }`,
  },
  strictness: {
    'index.mjs': `let r = []; try { undeclared = 1 } catch (e) { r.push(e.name) } r.push((function () { return this === undefined })(), typeof this, (() => this)() === undefined); export default r`,
  },
  'names of default exports': {
    'index.mjs': `import a from './a.mjs'; import b from './b.mjs'; import c from './c.mjs'; import d from './d.mjs'; import e, { again } from './e.mjs'; import f from './f.mjs'; export default [a.name, b.name, c.name, d.name, e.name, again === e, f.name, f()]`,
    'a.mjs': `export default function () {}`,
    'b.mjs': `export default class {}`,
    'c.mjs': `export default () => {}`,
    'd.mjs': `export default (class Named {})`,
    'e.mjs': `export default function named() {}\nexport { named as again }`,
    'f.mjs': `export default async function* () {}\n`,
  },
  'default exports of expressions': {
    'index.mjs': `import a from './a.mjs'; import b from './b.mjs'; import c from './c.mjs'; import d from './d.mjs'; export default [a, b, c, d]`,
    'a.mjs': `export default (1, 2) // comment`,
    'b.mjs': `import c from './c.mjs'\nexport default /* before */ { c, x: [c] } /* after */\n;`,
    'c.mjs': `export /* x */ default\n  'text'\n`,
    'd.mjs': `const x = { y: 1 }\nexport default x\n.y\n/* end */`,
  },
  'a default export that changes': {
    'index.mjs': `import f, { change } from './x.mjs'; const before = f(); change(); export default [before, f()]`,
    'x.mjs': `export default function f() { return 1 }\nexport function change() { f = () => 2 }`,
  },
  'import.meta': {
    'index.mjs': `import { m } from './dir/x.mjs'; export default [m, import.meta.filename, Object.keys(import.meta).sort().filter(k => k !== 'main')]`,
    'dir/x.mjs': `export const m = [import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve('./y.mjs'), import.meta.resolve('node:fs'), import\n.meta.url === import.meta.url]`,
    'dir/y.mjs': ``,
  },
  'dynamic import': {
    'index.mjs': `const name = 'x'; const ns = await import(\`./\${name}.mjs\`); const again = await import('./x.mjs'); let missing; try { await import('./none.mjs') } catch (e) { missing = e.code } export default [ns.a, ns === again, missing, (await import('./c.cjs')).default.v, (await import('./j.json', { with: { type: 'json' } })).default]`,
    'x.mjs': `export const a = 1`,
    'c.cjs': `module.exports = { v: 'cjs', later: import('./x.mjs') }`,
    'j.json': `{"j":[1]}`,
  },
  'dynamic import in CommonJS': {
    'index.mjs': `import c from './c.cjs'; export default await c.load()`,
    'c.cjs': `// import('nothing')\nconst text = "import('./nothing')"; exports.load = async () => { const { a } = await import('./x.mjs'); return [a, text, { import(x) { return x } }.import(3)] }`,
    'x.mjs': `export const a = 1`,
  },
  'importing CommonJS': {
    'index.mjs': `import d, { a, b } from './x.cjs'; import * as ns from './x.cjs'; import { reexported } from './r.cjs'; import es, { named } from './es.cjs'; export default [d, a, b, Object.keys(ns).filter(k => k !== 'module.exports').sort(), reexported, es.default, named, Object.keys(es)]`,
    'x.cjs': `exports.a = 1; module.exports.b = function () {}; exports['c d'] = 3`,
    'r.cjs': `module.exports = require('./s.cjs')`,
    's.cjs': `exports.reexported = 'yes'`,
    'es.cjs': `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.named = void 0; exports.default = 'D'; exports.named = 'N'`,
  },
  'a name that CommonJS does not export': {
    'index.mjs': `import { none } from './x.cjs'; export default none`,
    'x.cjs': `module.exports = { none: 1, ...{} }; module.exports = Object.assign(() => {}, { none: 2 })`,
  },
  'a name that an ES module does not export': {
    'index.mjs': `import { none } from './x.mjs'; export default none`,
    'x.mjs': `export const some = 1`,
  },
  'CommonJS is evaluated in its place': {
    'index.mjs': `import './a.mjs'; import './b.cjs'; import './c.mjs'; export default globalThis.order1`,
    'a.mjs': `(globalThis.order1 ??= []).push('a')`,
    'b.cjs': `(globalThis.order1 ??= []).push('b')`,
    'c.mjs': `(globalThis.order1 ??= []).push('c')`,
  },
  'requiring ES modules': {
    'index.mjs': `import c from './c.cjs'; export default c`,
    'c.cjs': `const ns = require('./x.mjs'); let tla; try { require('./tla.mjs') } catch (e) { tla = e.code } module.exports = [ns.a, ns.default, ns.__esModule, Object.keys(ns).sort(), require('./x.mjs') === ns, require('./only.mjs').__esModule, require('./own.mjs'), tla]`,
    'x.mjs': `export const a = 1; export default 2`,
    'only.mjs': `export const b = 1`,
    'own.mjs': `export default 1; export { own as 'module.exports' }; const own = 'own'`,
    'tla.mjs': `await 1; export default 1`,
  },
  JSON: {
    'index.mjs': `import j from './j.json' with { type: 'json' }; export default j`,
    'j.json': `\ufeff{"a":{"b":[1,null]}}`,
  },
  'JSON without its attribute': { 'index.mjs': `import j from './j.json'; export default j`, 'j.json': `{}` },
  'built-in modules': {
    'index.mjs': `import fs, { readFileSync } from 'fs'; import * as path from 'node:path'; import { join } from 'path'; import process from 'node:process'; import { EventEmitter } from 'node:events'; import assert from 'node:assert'; export default [typeof readFileSync, readFileSync === fs.readFileSync, path.join === join, path.default === path.default.posix, typeof process.env, typeof EventEmitter, typeof assert.ok, typeof assert]`,
  },
  'an unknown built-in module': { 'index.mjs': `import x from 'node:nothing'; export default x` },
  'a missing package': { 'index.mjs': `import x from 'nothing'; export default x` },
  'a missing file': { 'index.mjs': `import x from './nothing.mjs'; export default x` },
  'a missing extension': {
    'index.mjs': `import x from './x'; export default x`,
    'x.mjs': `export default 1`,
  },
  'a directory': { 'index.mjs': `import x from './d'; export default x`, 'd/index.js': `export default 1` },
  'an error while evaluating': {
    'index.mjs': `const first = await import('./x.mjs').catch(e => e); const second = await import('./x.mjs').catch(e => e); export default [first.message, first === second]`,
    'x.mjs': `throw new Error('once')`,
  },
  'an error after awaiting': {
    'index.mjs': `const first = await import('./x.mjs').catch(e => e); const second = await import('./y.mjs').catch(e => e); export default [first.message, first === second]`,
    'x.mjs': `await 1; throw new Error('once')`,
    'y.mjs': `import './x.mjs'`,
  },
  'hashbangs and byte order marks': {
    'index.mjs': `#!/usr/bin/env node\nimport x from './x.mjs'; import c from './c.cjs'; export default [x, c]`,
    'x.mjs': `\ufeffexport default 1`,
    'c.cjs': `#!/usr/bin/env node\nmodule.exports = 2`,
  },
  'names with escapes and of the prefix': {
    'index.mjs': `import { $w, $wm, \\u0061b } from './x.mjs'; const $w0 = 'mine'; export default [$w, $wm, ab, $w0, { \\u0061b }]`,
    'x.mjs': `export const $w = 1, $wm = 2; export const ab = 3`,
  },
  'patterns in exports': {
    'index.mjs': `import * as x from './x.mjs'; export default { ...x }`,
    'x.mjs': `export const { a, b: [c = 5, ...d], ...e } = { a: 1, b: [undefined, 2, 3], f: 4 }; export let g, h = 6; export var i = 7`,
  },
  'using declarations': {
    'index.mjs': `import { log } from './x.mjs'; export default log`,
    'x.mjs': `export const log = []; { using r = { [Symbol.dispose]() { log.push('gone') } }; log.push('here') }`,
  },
  'regular expressions, templates and comments': {
    'index.mjs': `import { a } from './x.mjs'; /* a */ const r = /a\\/[/a]+/.test('a/a'); const t = \`a \${a + \`\${a}\`} \\\${a}\`; // a
const s = 'a' + "a"; export default [r, t, s, a /1/ a]`,
    'x.mjs': `export const a = 4`,
  },
  'syntax of modules detected': {
    'index.mjs': `import { a, t } from './x.js'; import c from './c.js'; export default [a, t, c]`,
    'x.js': `export const a = 1; export const t = typeof require`,
    'c.js': `module.exports = typeof module; const s = 'export const x = 1'`,
  },
  packages: {
    'index.mjs': `import a from 'a'; import { sub } from 'a/sub'; import c from 'c'; import m from 'm'; import self from 'root/x'; import priv from '#priv'; import scoped from '@s/p/deep/file.js'; export default [a, sub, c, m, self, priv, scoped]`,
    'package.json': `{"name":"root","exports":{"./x":"./x.mjs"},"imports":{"#priv":{"node":"./priv.mjs"}}}`,
    'x.mjs': `export default 'self'`,
    'priv.mjs': `export default 'private'`,
    'node_modules/a/package.json': `{"name":"a","type":"module","exports":{".":{"import":"./i.js","require":"./r.cjs"},"./sub":"./s.js"}}`,
    'node_modules/a/i.js': `export default 'import'`,
    'node_modules/a/r.cjs': `module.exports = 'require'`,
    'node_modules/a/s.js': `import n from 'nested'; export const sub = n`,
    'node_modules/a/node_modules/nested/package.json': `{"main":"lib"}`,
    'node_modules/a/node_modules/nested/lib/index.js': `module.exports = 'nested in a'`,
    'node_modules/nested/index.js': `module.exports = 'nested at top'`,
    'node_modules/c/package.json': `{"main":"./c"}`,
    'node_modules/c/c.js': `module.exports = require('a')`,
    'node_modules/m/index.js': `module.exports = require('nested')`,
    'node_modules/@s/p/package.json': `{"name":"@s/p","exports":{"./*":"./src/*","./internal/*":null}}`,
    'node_modules/@s/p/src/deep/file.js': `module.exports = 'deep'`,
  },
  'a path that a package does not export': {
    'index.mjs': `import x from 'a/hidden.js'; export default x`,
    'node_modules/a/package.json': `{"name":"a","exports":"./i.js"}`,
    'node_modules/a/i.js': ``,
    'node_modules/a/hidden.js': `export default 1`,
  },
}

const FAILING = /too early|does not export|missing|unknown|without its|^a directory/

const expected = outcomesInNode(
  Object.fromEntries(Object.values(packages).map((files, at) => [`case${at}`, files])),
)

describe('converted ES modules come to what Node comes to', () => {
  test.each(Object.keys(packages).map((name, at) => [name, at] as const))('%s', async (name, at) => {
    const outcome = await outcomeOf(`case${at}`, packages[name]!)
    const inNode = expected[`case${at}`]!
    expect('error' in inNode).toBe(FAILING.test(name))
    if ('error' in inNode && 'error' in outcome) {
      expect([outcome.error, outcome.code]).toEqual([inNode.error, inNode.code])
    } else {
      expect(outcome).toEqual(inNode)
    }
  })
})
