import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { PROVIDED_PACKAGES } from '../../../src/functions/runtime/provided/packages.generated.ts'
import { deploy, type Isolate, isolateOf, lambdaHarness } from '../function-host.ts'
import { codeOf, codeParts, type Files, loadFunction } from './load-function.ts'

const environment = {
  NODE_PATH: '/opt/nodejs/node_modules:/var/runtime/node_modules',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
}

const answerOf = async (files: Files, event?: unknown) =>
  (await (await loadFunction(files, { environment })).call(event, { deadlineMs: Date.now() + 30_000 })).value

const providedModules = async (files: Files, options: Parameters<typeof codeOf>[1] = {}) =>
  Object.keys((await codeOf(files, { environment, ...options })).modules).filter(name =>
    name.startsWith('var/runtime/node_modules/'),
  )

describe('an SDK client that is not in the zip', () => {
  let isolate: Isolate
  let requests: { url: string; headers: Record<string, string>; body: unknown }[]
  const put = `
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}))
const send = async item => (await client.send(new PutCommand({ TableName: 'orders', Item: item, ReturnValues: 'ALL_OLD' }))).Attributes`
  const settings = { Environment: { Variables: { AWS_ENDPOINT_URL: 'https://aws.stand-in.example' } } }
  const item = { id: 'a', total: 12.5, lines: [{ sku: 'x', gift: true }], note: null }

  beforeEach(async () => {
    requests = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async input => {
      const request = input as Request
      const text = await request.text()
      requests.push({
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: text && JSON.parse(text),
      })
      return new Response('{"Attributes":{"total":{"N":"41"},"tags":{"SS":["new"]}}}', {
        headers: { 'content-type': 'application/x-amz-json-1.0' },
      })
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const handlers: [string, Files][] = [
    [
      'required',
      {
        'index.js': `const { DynamoDBClient } = require('@aws-sdk/client-dynamodb')
const { DynamoDBDocumentClient, PutCommand } = require('@aws-sdk/lib-dynamodb')${put}
exports.handler = async e => { const old = await send(e); return { total: old.total, tags: [...old.tags] } }`,
      },
    ],
    [
      'imported',
      {
        'index.mjs': `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'${put}
export const handler = async e => { const old = await send(e); return { total: old.total, tags: [...old.tags] } }`,
      },
    ],
  ]
  test.each(handlers)('is %s, and sends what the document client marshals', async (_, files) => {
    const weir = await lambdaHarness()
    isolate = isolateOf(weir)
    await deploy(weir, 'orders', files, settings)
    expect(await isolate.valueOf('orders', item)).toEqual({ total: 41, tags: ['new'] })
    // The client that the first call made serves the ones after it.
    expect(await isolate.valueOf('orders', { id: 'b' })).toEqual({ total: 41, tags: ['new'] })
    expect(requests).toHaveLength(2)
    expect(requests[0]).toMatchObject({
      url: 'https://aws.stand-in.example/',
      headers: {
        'x-amz-target': 'DynamoDB_20120810.PutItem',
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=\S+\/eu-central-1\/dynamodb\/aws4_request, /,
        ),
      },
      body: {
        TableName: 'orders',
        Item: {
          id: { S: 'a' },
          total: { N: '12.5' },
          lines: { L: [{ M: { sku: { S: 'x' }, gift: { BOOL: true } } }] },
          note: { NULL: true },
        },
        ReturnValues: 'ALL_OLD',
      },
    })
    expect(requests[1]!.body).toMatchObject({ Item: { id: { S: 'b' } } })
  })

  test('stores, streams and presigns objects', async () => {
    const objects = new Map<string, string>()
    vi.spyOn(globalThis, 'fetch').mockImplementation(async input => {
      const request = input as Request
      const { pathname } = new URL(request.url)
      if (request.method === 'PUT') {
        objects.set(pathname, new TextDecoder().decode(await request.arrayBuffer()))
        return new Response(null, { headers: { etag: '"1"' } })
      }
      const text = objects.get(pathname)
      return text === undefined
        ? new Response('<Error><Code>NoSuchKey</Code><Message>none</Message></Error>', { status: 404 })
        : new Response(text, { headers: { 'content-type': 'text/plain' } })
    })
    const weir = await lambdaHarness()
    isolate = isolateOf(weir)
    await deploy(
      weir,
      'files',
      {
        'index.mjs': `import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'; import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
const client = new S3Client({ forcePathStyle: true }); const at = { Bucket: 'b', Key: 'größe.txt' }
export const handler = async () => {
  await new Upload({ client, params: { ...at, Body: 'Größe '.repeat(5) } }).done()
  const { Body, ContentType } = await client.send(new GetObjectCommand(at))
  const missing = await client.send(new GetObjectCommand({ ...at, Key: 'none' })).catch(error => error.name)
  const url = new URL(await getSignedUrl(client, new GetObjectCommand(at), { expiresIn: 60 }))
  return [await Body.transformToString(), ContentType, missing, url.pathname, url.searchParams.get('X-Amz-Expires')] }`,
      },
      settings,
    )
    expect(await isolate.valueOf('files')).toEqual([
      'Größe '.repeat(5),
      'text/plain',
      'NoSuchKey',
      '/b/gr%C3%B6%C3%9Fe.txt',
      '60',
    ])
  })

  test('asks over HTTP/1.1 where it would choose HTTP/2', async () => {
    const weir = await lambdaHarness()
    isolate = isolateOf(weir)
    await deploy(
      weir,
      'records',
      `const { KinesisClient, PutRecordCommand } = require('@aws-sdk/client-kinesis')
exports.handler = async () => { await new KinesisClient({}).send(new PutRecordCommand({ StreamName: 's', PartitionKey: 'k', Data: Buffer.from('x') })); return 'sent' }`,
      settings,
    )
    expect(await isolate.valueOf('records')).toBe('sent')
    expect(requests[0]).toMatchObject({ headers: { 'x-amz-target': 'Kinesis_20131202.PutRecord' } })
  })
})

describe('packages that the runtime brings along', () => {
  test('all load, and give ES modules the names that they export', async () => {
    const names = [...PROVIDED_PACKAGES]
    const answer = await answerOf({
      'index.mjs': `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const compare = (name, required, imported) => {
  const missing = Object.keys(required).filter(name => imported[name] === undefined && required[name] !== undefined)
  const Client = name.includes("/client-") && Object.entries(required).find(([key, value]) => /^[A-Z].*Client$/.test(key) && value?.prototype?.send)
  return { exports: Object.keys(required).length, missing, client: Client && typeof new Client[1]({}).send }
}
export const handler = async () => ({${names
        .map(name => `\n  '${name}': compare('${name}', require('${name}'), await import('${name}')),`)
        .join('')} })`,
    })
    for (const name of names) {
      expect(answer).toHaveProperty([name])
      const found = (answer as Record<string, { exports: number; missing: string[]; client?: string }>)[name]!
      expect([name, found.missing]).toEqual([name, []])
      expect(found.exports).toBeGreaterThan(0)
      if (/^@aws-sdk\/client-/.test(name)) expect([name, found.client]).toEqual([name, 'function'])
    }
  })

  test('share their classes, have their names and describe themselves', async () => {
    expect(
      await answerOf({
        'index.js': `const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb')
const { DynamoDBDocumentClient, PutCommand } = require('@aws-sdk/lib-dynamodb')
const { HttpRequest } = require('@smithy/protocol-http'); const { Sha256 } = require('@aws-crypto/sha256-js'); const { SignatureV4 } = require('@smithy/signature-v4')
exports.handler = async () => { const base = new DynamoDBClient({}); const documents = DynamoDBDocumentClient.from(base)
  const sign = async hash => (await new SignatureV4({ service: 'appsync', region: 'eu-central-1', credentials: { accessKeyId: 'k', secretAccessKey: 's' }, sha256: hash }).sign(new HttpRequest({ hostname: 'h', path: '/graphql', method: 'POST', headers: { host: 'h' }, body: '{}' }), { signingDate: new Date(0) })).headers.authorization
  return [documents instanceof require('@smithy/smithy-client').Client, require('@smithy/core/client').Client === require('@smithy/smithy-client').Client, DynamoDBClient.name, PutItemCommand.name, new PutCommand({}).constructor.name,
    (await base.config.region()), typeof (await base.config.credentials()).accessKeyId, require('@aws-sdk/client-dynamodb/package.json').name, require.resolve('@aws-sdk/client-dynamodb'), /^AWS4-HMAC-SHA256 Credential=k\\/19700101/.test(await sign(Sha256))] }`,
      }),
    ).toEqual([
      true,
      true,
      'DynamoDBClient',
      'PutItemCommand',
      'PutCommand',
      'eu-central-1',
      'string',
      '@aws-sdk/client-dynamodb',
      '/var/runtime/node_modules/@aws-sdk/client-dynamodb/dist-cjs/index.js',
      true,
    ])
  })

  test('yield to what the function or a layer brings itself', async () => {
    const own = {
      'package.json': `{"name":"@aws-sdk/client-sqs","main":"i.js"}`,
      'i.js': `exports.SQSClient = 'its own'`,
    }
    const under = (root: string) =>
      Object.fromEntries(
        Object.entries(own).map(([name, text]) => [`${root}/@aws-sdk/client-sqs/${name}`, text]),
      )
    const handler = `exports.handler = async () => [require('@aws-sdk/client-sqs').SQSClient, typeof require('@aws-sdk/client-sns').SNSClient]`
    expect(await answerOf({ 'index.js': handler, ...under('node_modules') })).toEqual(['its own', 'function'])
    const layers = async () => [await codeParts(under('nodejs/node_modules'))]
    const loaded = await loadFunction({ 'index.js': handler }, { environment, layers: await layers() })
    expect((await loaded.call()).value).toEqual(['its own', 'function'])
    const modules = await providedModules({ 'index.js': handler }, { layers: await layers() })
    expect(modules.filter(name => name.includes('client-sqs'))).toEqual([])
  })

  test('are given to layers that name them', async () => {
    const layers = [
      await codeParts({
        'nodejs/node_modules/queue/index.js': `exports.client = new (require('@aws-sdk/client-sqs').SQSClient)({})`,
      }),
    ]
    const files = { 'index.js': `exports.handler = async () => typeof require('queue').client.send` }
    const loaded = await loadFunction(files, { environment, layers })
    expect((await loaded.call()).value).toBe('function')
  })

  test('are found in bundles, whose require has another name', async () => {
    expect(
      await answerOf({
        'index.mjs': `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)
var f=(o=>typeof require<"u"?require:o)(function(o){throw Error('Dynamic require of "'+o+'" is not supported')})
var s=f("@aws-sdk/client-sqs"),h=f("@smithy/core/protocols");export const handler = async () => [typeof s.SQSClient, typeof h.HttpRequest]`,
      }),
    ).toEqual(['function', 'function'])
  })

  test('are nowhere in functions that name none of them', async () => {
    expect(
      await providedModules({
        'index.js': `require('express'); var description = { name: "@aws-sdk/client-sqs" }; exports.handler = async () => require('node:fs')`,
      }),
    ).toEqual([])
    const modules = await providedModules({ 'index.js': `require('@aws-sdk/client-sqs')` })
    expect(modules).toContain('var/runtime/node_modules/@aws-sdk/client-sqs/dist-cjs/index.js')
    expect(modules.filter(name => /client-(?!sqs)|lib-dynamodb/.test(name))).toEqual([])
  })

  test('cannot be added for a name that is put together at run time, and the error says so', async () => {
    const message = async (files: Files) => (await answerOf(files)) as string
    const hint =
      /^Cannot find (?:module|package) '@aws-sdk\/client-s3'.*The runtime adds packages of the AWS SDK to functions whose code names them literally/
    expect(
      await message({
        'index.js': `exports.handler = async e => { try { require('@aws-sdk/' + 'client-s3') } catch (error) { return error.message } }`,
      }),
    ).toMatch(hint)
    expect(
      await message({
        'index.mjs': `export const handler = async e => { try { await import('@aws-sdk/' + 'client-s3') } catch (error) { return error.message } }`,
      }),
    ).toMatch(hint)
  })
})
