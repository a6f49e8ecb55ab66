import { beforeEach, describe, expect, it } from 'vitest'
import { bindings, deploy, type Harness, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'
import { writeZip } from './prepare/zip-writer.ts'
import { type Files, zipOf } from './runtime/load-function.ts'

let weir: Harness
let isolate: Isolate

beforeEach(async () => {
  weir = await lambdaHarness()
  isolate = isolateOf(weir)
})

/** Publishes a version of a layer and answers its ARN. */
async function layer(LayerName: string, files: Files): Promise<string> {
  const { LayerVersionArn } = await weir.client.publishLayerVersion({
    LayerName,
    Content: { ZipFile: zipOf(files) },
  })
  return LayerVersionArn!
}

const PACKAGES = 'nodejs/node_modules'

describe('a function with layers', () => {
  it('requires packages that only a layer has, and reads its files', async () => {
    const tools = await layer('tools', {
      [`${PACKAGES}/greet/package.json`]: '{"name":"greet","main":"lib/greet.js"}',
      [`${PACKAGES}/greet/lib/greet.js`]: `exports.greet = name => require('upper')('hello ' + name)`,
      [`${PACKAGES}/upper/index.js`]: `module.exports = text => text.toUpperCase()`,
      'data.txt': 'shared data',
      'bin/run.sh': '#!/bin/sh\n',
    })
    const code = `
      const { greet } = require('greet')
      const { readFileSync, readdirSync, existsSync } = require('node:fs')
      exports.handler = async ({ name }) => [
        greet(name),
        readFileSync('/opt/data.txt', 'utf8'),
        readdirSync('/opt').sort(),
        readdirSync('/opt/nodejs/node_modules').sort(),
        existsSync('/opt/bin/run.sh'),
        require.resolve('greet'),
        existsSync('/var/task/index.js'),
      ]`
    await deploy(weir, 'uses', code, { Layers: [tools] })
    expect(await isolate.valueOf('uses', { name: 'weir' })).toEqual([
      'HELLO WEIR',
      'shared data',
      ['bin', 'data.txt', 'nodejs'],
      ['greet', 'upper'],
      true,
      '/opt/nodejs/node_modules/greet/lib/greet.js',
      true,
    ])
  })

  it('imports them from ES modules, CommonJS or not', async () => {
    const modules = await layer('modules', {
      [`${PACKAGES}/pure/package.json`]: '{"name":"pure","type":"module","exports":{".":"./index.js"}}',
      [`${PACKAGES}/pure/index.js`]: `export const pure = await Promise.resolve('pure')`,
      [`${PACKAGES}/old/index.js`]: `exports.old = 'old'`,
      'nodejs/own.mjs': `export default 'own'`,
    })
    const index = `
      import { pure } from 'pure'
      import { old } from 'old'
      import own from '/opt/nodejs/own.mjs'
      export const handler = async () => [pure, old, own, import.meta.resolve('pure'), (await import('pure')).pure]`
    await deploy(weir, 'imports', { 'index.mjs': index }, { Layers: [modules] })
    expect(await isolate.valueOf('imports')).toEqual([
      'pure',
      'old',
      'own',
      'file:///opt/nodejs/node_modules/pure/index.js',
      'pure',
    ])
  })

  it('sees what later layers put over earlier ones, and its own packages before those', async () => {
    const say = (text: string) => `module.exports = '${text}'`
    const first = await layer('first', {
      [`${PACKAGES}/a/index.js`]: say('a of first'),
      [`${PACKAGES}/b/index.js`]: say('b of first'),
      [`${PACKAGES}/c/index.js`]: say('c of first'),
      'data.txt': 'first',
    })
    const second = await layer('second', {
      [`${PACKAGES}/b/index.js`]: say('b of second'),
      [`${PACKAGES}/c/index.js`]: say('c of second'),
      'data.txt': 'second',
    })
    const files = {
      'index.js': `
        const data = require('node:fs').readFileSync('/opt/data.txt', 'utf8')
        exports.handler = async () => [require('a'), require('b'), require('c'), data]`,
      'node_modules/c/index.js': say('c of the function'),
    }
    await deploy(weir, 'both', files, { Layers: [first, second] })
    const others = ['a of first', 'b of second', 'c of the function']
    expect(await isolate.valueOf('both')).toEqual([...others, 'second'])
    await deploy(weir, 'reversed', files, { Layers: [second, first] })
    expect(await isolate.valueOf('reversed')).toEqual([
      'a of first',
      'b of first',
      'c of the function',
      'first',
    ])
  })

  it('follows links within a layer, and sees a file where a later layer has one instead', async () => {
    const link = { name: 'current', content: 'versions/1', mode: 0o120777 }
    const zip = writeZip([{ name: 'versions/1', content: 'linked' }, link])
    const { LayerVersionArn } = await weir.client.publishLayerVersion({
      LayerName: 'linked',
      Content: { ZipFile: zip },
    })
    const plain = await layer('plain', { current: 'a file' })
    const code = `exports.handler = async () => require('node:fs').readFileSync('/opt/current', 'utf8')`
    await deploy(weir, 'links', code, { Layers: [LayerVersionArn!] })
    await deploy(weir, 'over', code, { Layers: [LayerVersionArn!, plain] })
    expect(await isolate.valueOf('links')).toBe('linked')
    expect(await isolate.valueOf('over')).toBe('a file')
  })

  it('finds packages for its version of Node.js before those for all', async () => {
    const versions = await layer('versions', {
      [`${PACKAGES}/which/index.js`]: `module.exports = 'any'`,
      'nodejs/node22/node_modules/which/index.js': `module.exports = '22'`,
    })
    const code = `exports.handler = async () => [require('which'), process.env.NODE_PATH]`
    await deploy(weir, 'on22', code, { Layers: [versions] })
    await deploy(weir, 'on20', code, { Layers: [versions], Runtime: 'nodejs20.x' })
    await deploy(weir, 'own', code, {
      Layers: [versions],
      Environment: { Variables: { NODE_PATH: '/opt/nodejs/node_modules' } },
    })
    const rest = '/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task'
    expect(await isolate.valueOf('on22')).toEqual(['22', `/opt/nodejs/node22/node_modules:${rest}`])
    expect(await isolate.valueOf('on20')).toEqual(['any', `/opt/nodejs/node20/node_modules:${rest}`])
    expect(await isolate.valueOf('own')).toEqual(['any', '/opt/nodejs/node_modules'])
  })

  it('takes five of them, and keeps each version what it was when its layers change or go', async () => {
    const layers: string[] = []
    for (const n of [1, 2, 3, 4, 5]) {
      layers.push(await layer(`layer-${n}`, { [`${n}.txt`]: `layer ${n}`, 'last.txt': String(n) }))
    }
    const code = `
      const { readdirSync, readFileSync } = require('node:fs')
      exports.handler = async () => [readdirSync('/opt').sort().join(), readFileSync('/opt/last.txt', 'utf8')]`
    await deploy(weir, 'many', code, { Layers: layers, Publish: true })
    await weir.client.updateFunctionConfiguration({ FunctionName: 'many', Layers: layers.slice(0, 2) })
    for (const n of [1, 2, 3, 4, 5]) {
      await weir.client.deleteLayerVersion({ LayerName: `layer-${n}`, VersionNumber: 1 })
    }
    expect(await isolate.valueOf('many', {}, { qualifier: '1' })).toEqual([
      '1.txt,2.txt,3.txt,4.txt,5.txt,last.txt',
      '5',
    ])
    expect(await isolate.valueOf('many')).toEqual(['1.txt,2.txt,last.txt', '2'])
  })

  it('fails as on Lambda when its layer is taken away', async () => {
    const tools = await layer('tools', { [`${PACKAGES}/tool/index.js`]: `module.exports = 'tool'` })
    await deploy(weir, 'loses', `const tool = require('tool'); exports.handler = async () => tool`, {
      Layers: [tools],
    })
    expect(await isolate.valueOf('loses')).toBe('tool')
    await weir.client.updateFunctionConfiguration({ FunctionName: 'loses', Layers: [] })
    const result = await isolateOf(weir).invoke('loses')
    expect(result.kind === 'answered' && JSON.parse(result.payload)).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringMatching(/^Error: Cannot find module 'tool'/),
    })
  })

  it('is loaded from a layer that an older release prepared', async () => {
    const tools = await layer('tools', { 'data.txt': 'prepared again' })
    const { Content } = await weir.client.getLayerVersionByArn({ Arn: tools })
    const hash = [...atob(Content!.CodeSha256!)]
      .map(c => c.charCodeAt(0).toString(16).padStart(2, '0'))
      .join('')
    const { objects } = await bindings.STORE.list({ prefix: `code/${hash}/` })
    await bindings.STORE.delete(objects.map(({ key }) => key))
    await deploy(
      weir,
      'old',
      `exports.handler = async () => require('node:fs').readFileSync('/opt/data.txt', 'utf8')`,
      { Layers: [tools] },
    )
    expect(await isolate.valueOf('old')).toBe('prepared again')
  })
})
