import { describe, expect, test } from 'vitest'
import { type Files, loadFunction } from './load-function.ts'

async function call(files: Files, event?: unknown) {
  const loaded = await loadFunction(files)
  return loaded.call(event)
}
const answerOf = async (files: Files) => (await call(files)).value

describe('CommonJS', () => {
  test('gives a file its five names and leaves it sloppy', async () => {
    expect(
      await answerOf({
        'index.js': `undeclared = 1; var t = (function () { return this === globalThis })()
exports.handler = async () => [typeof require, module.id, __filename, __dirname, undeclared, t, require.main === undefined]`,
      }),
    ).toEqual(['function', '/var/task/index.js', '/var/task/index.js', '/var/task', 1, true, true])
  })

  test('finds files, directories, JSON, nested packages and built-in modules', async () => {
    expect(
      await answerOf({
        'index.js': `exports.handler = async () => [require('./lib'), require('./lib/x').x, require('./data').d, require('outer'), require('outer/lib/deep'), require('@s/p'), require('path').join('a', 'b'), require('node:util').inspect(1), typeof require('fs/promises').readFile]`,
        'lib/index.js': `module.exports = 'lib'`,
        'lib/x.js': `exports.x = 'x'`,
        'data.json': `{"d":{"list":[1,2]}}`,
        'node_modules/outer/package.json': `{"name":"outer","main":"./lib/main"}`,
        'node_modules/outer/lib/main.js': `module.exports = 'outer with ' + require('inner')`,
        'node_modules/outer/lib/deep.js': `module.exports = require('../node_modules/inner/index.js') + '!'`,
        'node_modules/outer/node_modules/inner/index.js': `module.exports = 'its own inner'`,
        'node_modules/inner/index.js': `module.exports = 'another inner'`,
        'node_modules/@s/p/package.json': `{"exports":{"require":"./r.js","default":"./d.js"}}`,
        'node_modules/@s/p/r.js': `module.exports = 'scoped'`,
        'node_modules/@s/p/d.js': `module.exports = 'wrong'`,
      }),
    ).toEqual([
      'lib',
      'x',
      { list: [1, 2] },
      'outer with its own inner',
      'its own inner!',
      'scoped',
      'a/b',
      '1',
      'function',
    ])
  })

  test('resolves circles, computed paths and the cache as Node does', async () => {
    expect(
      await answerOf({
        'index.js': `const a = require('./a'); const names = ['b', 'c'].map(n => require('./' + n).name)
exports.handler = async () => { const first = require('./once'); delete require.cache[require.resolve('./once')]; return [a.seen, names, require('./once') === first, Object.keys(require.cache).length] }`,
        'a.js': `exports.early = 1; exports.seen = require('./b').saw; exports.late = 2`,
        'b.js': `const a = require('./a'); exports.name = 'b'; exports.saw = Object.keys(a)`,
        'c.js': `exports.name = 'c'`,
        'once.js': `module.exports = {}`,
      }),
    ).toEqual([['early'], ['b', 'c'], false, 5])
  })

  test('lets libraries put themselves between a program and what it requires', async () => {
    expect(
      await answerOf({
        'index.js': `const Module = require('module'); const original = Module.prototype.require; const asked = []
Module.prototype.require = function (id) { asked.push(id); return original.apply(this, arguments) }
const load = Module._load; Module._load = (request, ...rest) => request === 'virtual' ? 'made up' : load(request, ...rest)
const made = Module.createRequire('/var/task/lib/x.js')('./y')
exports.handler = async () => [require('./a'), require('virtual'), asked, made, Module.isBuiltin('fs'), require.resolve('./a'), require.resolve.paths('x')[0]]`,
        'a.js': `module.exports = 'a'`,
        'lib/y.js': `module.exports = 'y'`,
      }),
    ).toEqual([
      'a',
      'made up',
      ['./y', './a', 'virtual'],
      'y',
      true,
      '/var/task/a.js',
      '/var/task/node_modules',
    ])
  })

  test('names the chain of files when one is missing', async () => {
    const { failed, value } = await call({
      'index.js': `require('./a')`,
      'a.js': `require('nothing')`,
    })
    expect(failed).toBe(true)
    expect(value).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage:
        "Error: Cannot find module 'nothing'\nRequire stack:\n- /var/task/a.js\n- /var/task/index.js\n- /var/runtime/index.mjs",
    })
  })

  test('follows symbolic links to the packages of a store', async () => {
    const { writeZip } = await import('../prepare/zip-writer.ts')
    const loaded = await loadFunction(
      writeZip([
        { name: 'index.js', content: `exports.handler = async () => require('a')` },
        { name: 'node_modules/a', content: '.store/a@1/node_modules/a', mode: 0o120777, method: 0 },
        {
          name: 'node_modules/.store/a@1/node_modules/a/index.js',
          content: `module.exports = [__filename, require('b')]`,
        },
        { name: 'node_modules/.store/a@1/node_modules/b/index.js', content: `module.exports = 'b'` },
      ]),
    )
    expect((await loaded.call()).value).toEqual([
      '/var/task/node_modules/.store/a@1/node_modules/a/index.js',
      'b',
    ])
  })
})

describe('paths that are known only when the code runs', () => {
  test('are required and imported from where the file is, with JSON, and of both kinds', async () => {
    expect(
      await answerOf({
        'index.js': `exports.handler = require('./src/handlers/' + ['nested'].join('')).handler`,
        'src/handlers/nested.js': `const load = name => require('../plugins/' + name), imported = name => import('../plugins/' + name + '.mjs')
exports.handler = async () => [load('one').name, load('settings').depth, (await imported('two')).name, (await import(new URL('../plugins/two.mjs', 'file://' + __filename))).name, await import('../plugins/' + 'none.mjs').catch(e => e.code), (() => { try { load('none') } catch (e) { return e.code } })()]`,
        'src/plugins/one.js': `exports.name = 'one of ' + require('path').basename(__dirname)`,
        'src/plugins/settings.json': `{"depth":2}`,
        'src/plugins/two.mjs': `const { name: one } = await import('./' + 'one' + '.js'); export const name = one + ' and two'`,
      }),
    ).toEqual([
      'one of plugins',
      2,
      'one of plugins and two',
      'one of plugins and two',
      'ERR_MODULE_NOT_FOUND',
      'MODULE_NOT_FOUND',
    ])
  })

  test('lead to handlers in nested folders, of both kinds', async () => {
    const nested = async (files: Files, handler: string) =>
      (await (await loadFunction(files, { handler })).call()).value
    expect(
      await nested({ 'dist/api/users.js': `exports.list = async () => __filename` }, 'dist/api/users.list'),
    ).toBe('/var/task/dist/api/users.js')
    expect(
      await nested(
        {
          'dist/api/users.mjs': `import { readFileSync } from 'node:fs'; const text = readFileSync(new URL('./names.txt', import.meta.url), 'utf8'); export const list = async () => [import.meta.filename, text]`,
          'dist/api/names.txt': 'Ada',
        },
        'dist/api/users.list',
      ),
    ).toEqual(['/var/task/dist/api/users.mjs', 'Ada'])
  })
})

describe('WebAssembly of the package', () => {
  // (module (func (export "answer") (result i32) i32.const 42))
  const ANSWER = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 10, 1, 6, 97, 110, 115, 119,
    101, 114, 0, 0, 10, 6, 1, 4, 0, 0x41, 42, 0x0b,
  ]
  const bytes = new Uint8Array(ANSWER)

  test('compiles from a file and from a text, in every way that programs ask for it', async () => {
    expect(
      await answerOf({
        'index.js': `const fs = require('fs'), bytes = fs.readFileSync(__dirname + '/lib/answer.wasm'), text = Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64')
exports.handler = async () => {
  const { module, instance } = await WebAssembly.instantiate(bytes)
  const compiled = await WebAssembly.compile(text.buffer.slice(text.byteOffset, text.byteOffset + text.length))
  return [new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.answer(), instance.exports.answer(), module instanceof WebAssembly.Module, (await WebAssembly.instantiate(compiled)).exports.answer(), WebAssembly.validate(text), WebAssembly.validate(Buffer.from('no'))]
}`,
        'lib/answer.wasm': bytes,
      }),
    ).toEqual([42, 42, true, 42, true, false])
  })

  test('from elsewhere is refused, and a broken file matters to nobody who does not compile it', async () => {
    const files = {
      'index.js': `exports.handler = async event => { const { readFileSync } = require('fs'); if (event.broken) return new WebAssembly.Module(readFileSync(__dirname + '/broken.wasm')); return WebAssembly.compile(Buffer.from(event.bytes)).then(() => 'compiled', e => e.name) }`,
      'broken.wasm': new Uint8Array([...ANSWER.slice(0, 8), 99, 99]),
    }
    expect((await call(files, { bytes: ANSWER })).value).toBe('CompileError')
    expect((await call(files, { broken: true })).value).toMatchObject({ errorType: 'CompileError' })
  })
})

describe('ES modules', () => {
  test('run with I/O, timers and randomness at top level', async () => {
    expect(
      await answerOf({
        'index.mjs': `import { random } from './x.js'; const id = crypto.randomUUID(); const slept = await new Promise(r => setTimeout(() => r('slept'), 5)); export const handler = async () => [id.length, slept, random]`,
        'x.js': `export const random = crypto.getRandomValues(new Uint8Array(4)).length`,
      }),
    ).toEqual([36, 'slept', 4])
  })

  test('mix with CommonJS both ways', async () => {
    expect(
      await answerOf({
        'index.js': `import { createRequire } from 'node:module'; import cjs, { named } from './c.cjs'; import data from './d.json' with { type: 'json' }; const require = createRequire(import.meta.url)
export const handler = async () => [cjs.named === named, data.a, require('./c.cjs') === cjs, (await import('./c.cjs')).default === cjs, cjs.fromEsm, import.meta.dirname, Object.prototype.toString.call(await import('./e.js'))]`,
        'package.json': `{"type":"module"}`,
        'c.cjs': `exports.named = () => {}; exports.fromEsm = require('./e.js').e`,
        'e.js': `export const e = 'esm'`,
        'd.json': `{"a":1}`,
      }),
    ).toEqual([true, 1, true, true, 'esm', '/var/task', '[object Module]'])
  })
})

describe('files', () => {
  test('are read with fs where Lambda has them', async () => {
    expect(
      await answerOf({
        'index.js': `const fs = require('fs'); const path = require('path')
exports.handler = async () => [
  fs.readFileSync(path.join(__dirname, 'views/größe [1].txt'), 'utf8'),
  await fs.promises.readFile('/var/task/views/größe [1].txt', 'utf8'),
  await require('fs/promises').readFile(new URL('file:///var/task/data.bin')).then(b => b.length),
  fs.readFileSync('./data.bin').toString('hex'),
  fs.readdirSync('/var/task').sort(), fs.readdirSync(__dirname + '/views', { withFileTypes: true }).map(e => [e.name, e.isFile()]),
  fs.existsSync('/var/task/index.js'), fs.existsSync('/var/task/none'), fs.statSync('/var/task/views').isDirectory(), fs.statSync('/var/task/data.bin').size,
  fs.readFileSync(__filename, 'utf8').slice(0, 24),
  await new Promise((res, rej) => fs.readFile('/var/task/none', (e, d) => res([e.code, e.message, e.path]))),
  fs.realpathSync('/var/task/views/../index.js'),
  process.cwd(), path.resolve('views'),
  await new Promise((res, rej) => { let s = ''; fs.createReadStream('/var/task/views/größe [1].txt').on('data', d => s += d).on('end', () => res(s)).on('error', rej) }),
]`,
        'views/größe [1].txt': 'Größe',
        'data.bin': new Uint8Array([0, 255, 128]),
      }),
    ).toEqual([
      'Größe',
      'Größe',
      3,
      '00ff80',
      ['data.bin', 'index.js', 'views'],
      [['größe [1].txt', true]],
      true,
      false,
      true,
      3,
      `const fs = require('fs')`,
      ['ENOENT', expect.stringContaining('/var/task/none'), '/var/task/none'],
      '/var/task/index.js',
      '/var/task',
      '/var/task/views',
      'Größe',
    ])
  })

  test('are what was uploaded, scripts too: their text, their size, a part of them as a stream', async () => {
    const script = `// Größe\nmodule.exports = 1\n`
    expect(
      await answerOf({
        'index.js': `const fs = require('fs'), { stat } = require('fs/promises'), path = __dirname + '/public/app.js'
const text = async stream => { let text = ''; for await (const chunk of stream) text += chunk; return text }
exports.handler = async () => [fs.readFileSync(path, 'utf8'), fs.statSync(path).size, (await stat(path)).size, await text(fs.createReadStream(path)), await text(fs.createReadStream(path, { start: 3, end: 4, encoding: 'utf8' })), fs.statSync(__dirname + '/none.js', { throwIfNoEntry: false }) ?? 'none', require(path)]`,
        'public/app.js': script,
      }),
    ).toEqual([script, 30, 30, script, 'Gr', 'none', 1])
  })

  test('are written to /tmp, and nowhere else', async () => {
    expect(
      await answerOf({
        'index.js': `const fs = require('fs')
exports.handler = async () => { fs.writeFileSync('/tmp/a.txt', 'kept'); let refused; try { fs.writeFileSync('/var/task/a.txt', 'x') } catch (e) { refused = e.code } return [fs.readFileSync('/tmp/a.txt', 'utf8'), refused, require('os').tmpdir()] }`,
      }),
    ).toEqual(['kept', 'EPERM', '/tmp'])
  })

  test('stay in /tmp for the calls that follow, with directories and links, as they were last', async () => {
    const loaded = await loadFunction({
      'index.js': `const fs = require('fs'), { readFile } = require('fs/promises')
exports.handler = async ({ step, text }) => {
  if (step === 'write') { fs.mkdirSync('/tmp/a/b', { recursive: true }); fs.writeFileSync('/tmp/a/b/c.bin', Buffer.from([0, 255])); fs.writeFileSync('/tmp/x.txt', text); fs.symlinkSync('/tmp/x.txt', '/tmp/link') }
  if (step === 'change') { fs.appendFileSync('/tmp/x.txt', text); fs.rmSync('/tmp/a/b/c.bin') }
  if (step === 'fail') { fs.writeFileSync('/tmp/x.txt', text); throw new Error('failed') }
  if (step === 'exit') { fs.writeFileSync('/tmp/x.txt', text); process.exit(1) }
  return [fs.readdirSync('/tmp').sort(), fs.readdirSync('/tmp/a/b'), await readFile('/tmp/link', 'utf8')]
}`,
    })
    const call = async (step: string, text = '') => (await loaded.call({ step, text })).value
    const names = ['a', 'link', 'x.txt']
    expect(await call('write', 'one')).toEqual([names, ['c.bin'], 'one'])
    expect(await call('idle')).toEqual([names, ['c.bin'], 'one'])
    expect(await call('change', ', two')).toEqual([names, [], 'one, two'])
    expect(await call('idle')).toEqual([names, [], 'one, two'])
    await call('fail', 'three')
    expect(await call('idle')).toEqual([names, [], 'three'])
    await call('exit', 'four')
    expect(await call('idle')).toEqual([names, [], 'four'])
  })

  test('are not kept when they are larger than an isolate can hold', async () => {
    const loaded = await loadFunction({
      'index.js': `const fs = require('fs')
exports.handler = async ({ megabytes }) => { const before = fs.readdirSync('/tmp'); if (megabytes) for (let n = 0; n < megabytes; n++) fs.writeFileSync('/tmp/' + n, Buffer.alloc(1024 * 1024)); return before.length }`,
    })
    const call = async (megabytes = 0) => (await loaded.call({ megabytes })).value
    expect([await call(15), await call(17), await call()]).toEqual([0, 15, 0])
  })
})

describe('what an isolate cannot do is refused by name', () => {
  test('native addons', async () => {
    const { value } = await call({
      'index.js': `require('image')`,
      'node_modules/image/index.js': `require('./build/image.node')`,
      'node_modules/image/build/image.node': 'ELF',
    })
    expect(value).toMatchObject({
      errorMessage:
        '/var/task/node_modules/image/build/image.node is a native addon: functions run in an isolate, which cannot load machine code',
    })
  })
  test('child processes, code from text and threads', async () => {
    const messageOf = async (expression: string) =>
      (
        (await call({ 'index.js': `exports.handler = async () => {\n  ${expression} }` })).value as {
          errorMessage: string
        }
      ).errorMessage
    expect(await messageOf(`require('child_process').spawn('ls')`)).toBe(
      'child_process.spawn is not available (called at /var/task/index.js:2:28): a function runs in an isolate, which cannot start processes',
    )
    expect(await messageOf(`require('vm').runInNewContext('1')`)).toContain(
      'does not allow code to be made from text',
    )
    expect(await messageOf(`new (require('worker_threads').Worker)('x.js')`)).toContain('has one thread')
  })
})

describe('syntax errors', () => {
  test('in the handler name file and line', async () => {
    const { failed, value } = await call({
      'index.js': `exports.handler = async () => {\n  const a = {\n}\n`,
    })
    expect(failed).toBe(true)
    expect(value).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: expect.stringMatching(/^SyntaxError: /),
      trace: [
        expect.stringMatching(/^Runtime\.UserCodeSyntaxError: SyntaxError: /),
        '    at /var/task/index.js:4:1',
      ],
    })
  })
  test('in an ES module name file and line', async () => {
    const { value } = await call({
      'index.mjs': `import './x.mjs'; export const handler = 1`,
      'x.mjs': `\nexport const = 1`,
    })
    expect(value).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: 'SyntaxError: Unexpected token',
      trace: ['Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token', '    at /var/task/x.mjs:2:14'],
    })
  })
  test('in the only file of a package name file and line', async () => {
    const { value } = await call({ 'index.mjs': `export const handler = async () => {\n  retrun 1\n}\n` })
    expect(value).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: 'SyntaxError: Unexpected token',
      trace: [
        'Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token',
        '    at /var/task/index.mjs:2:10',
      ],
    })
  })
  test('in files that nobody requires do not matter', async () => {
    expect(
      await answerOf({
        'index.js': `exports.handler = async () => 'fine'`,
        'node_modules/x/test/fixture.js': 'const = ',
        'broken.js': '}',
        'broken.mjs': '}',
      }),
    ).toBe('fine')
  })
})
