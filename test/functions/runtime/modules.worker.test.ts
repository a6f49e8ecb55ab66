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

  test('are written to /tmp, and nowhere else', async () => {
    expect(
      await answerOf({
        'index.js': `const fs = require('fs')
exports.handler = async () => { fs.writeFileSync('/tmp/a.txt', 'kept'); let refused; try { fs.writeFileSync('/var/task/a.txt', 'x') } catch (e) { refused = e.code } return [fs.readFileSync('/tmp/a.txt', 'utf8'), refused, require('os').tmpdir()] }`,
      }),
    ).toEqual(['kept', 'EPERM', '/tmp'])
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
