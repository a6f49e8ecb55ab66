import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeZip } from '../../functions/prepare/zip-writer.ts'
import { startWeir, type WeirServer } from '../server.ts'
import { closedPort } from './line-servers.ts'

const CERTIFICATES = `${import.meta.dirname}/certificates`
const certificate = {
  key: readFileSync(`${CERTIFICATES}/server.key.pem`),
  cert: readFileSync(`${CERTIFICATES}/server.pem`),
}

/** Counts what it is sent, and answers with it when the client has ended. */
const count = (socket: Socket) => {
  let bytes = 0
  socket.on('data', chunk => (bytes += chunk.length)).on('end', () => socket.end(`${bytes} bytes`))
}

/** Says `S` to whatever comes first, as PostgreSQL does when it is asked for TLS, then speaks TLS. */
const beginTls = (socket: Socket) =>
  socket.once('data', () => {
    socket.write('S')
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) })
    secure.on('data', data => secure.write(`secret ${data}`)).on('error', () => {})
  })

const SERVERS = {
  counting: () => createServer({ allowHalfOpen: true }, socket => count(socket.on('error', () => {}))),
  startTls: () => createServer(socket => beginTls(socket.on('error', () => {}))),
  tls: () =>
    createTlsServer(certificate, socket => {
      socket.on('data', data => socket.write(`secret ${data}`)).on('error', () => {})
    }),
  web: () =>
    createHttpServer(async (request, response) => {
      if (request.url === '/never') return
      if (request.url === '/broken') return void request.socket.destroy()
      if (request.url === '/large') return void response.end(Buffer.alloc(8 * 1024 * 1024, 1))
      let bytes = 0
      for await (const chunk of request) bytes += (chunk as Buffer).length
      const { 'transfer-encoding': encoding = null, 'content-length': length = null } = request.headers
      response.end(JSON.stringify({ bytes, encoding, length }))
    }),
} satisfies Record<string, () => Server>

type Places = Record<keyof typeof SERVERS | 'closed', number>

const HANDLER = `const net = require('net'), tls = require('tls'), http = require('http'), { once } = require('events')
const text = async stream => { let text = ''; for await (const chunk of stream) text += chunk; return text }
const upload = async (port, headers, pieces) => {
  const request = http.request({ port, method: 'POST', headers }), answer = once(request, 'response')
  for (let n = 0; n < pieces; n++) if (!request.write(Buffer.alloc(65536))) await once(request, 'drain')
  request.end()
  return JSON.parse(await text((await answer)[0]))
}
const failure = emitter => new Promise(resolve => emitter.on('error', error => resolve([error.code, error.message])))
let kept
exports.handler = async ({ run, ports }) => new Function('ports', 'net', 'tls', 'http', 'once', 'text', 'upload', 'failure', 'state', 'return (async () => {' + run + '})()')(ports, net, tls, http, once, text, upload, failure, kept ??= {})
`

let weir: WeirServer
let lambda: LambdaClient
let ports: Places
const servers: Server[] = []

beforeAll(async () => {
  const found: Partial<Places> = { closed: await closedPort() }
  for (const [name, start] of Object.entries(SERVERS)) {
    const server = start()
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
    found[name as keyof Places] = (server.address() as { port: number }).port
  }
  ports = found as Places
  // Read when the server starts.
  process.env.NODE_EXTRA_CA_CERTS = `${CERTIFICATES}/authority.pem`
  weir = await startWeir()
  delete process.env.NODE_EXTRA_CA_CERTS
  lambda = new LambdaClient(weir.sdk)
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'network',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/network',
      Timeout: 20,
      Code: { ZipFile: writeZip([{ name: 'index.js', content: HANDLER }]) },
    }),
  )
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 30, minDelay: 1 },
    { FunctionName: 'network' },
  )
})

afterAll(async () => {
  for (const server of servers) server.close()
  await weir?.[Symbol.asyncDispose]()
})

/** Runs the body of an asynchronous function in a call. */
async function inFunction(run: string): Promise<unknown> {
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: 'network', Payload: JSON.stringify({ run, ports }) }),
  )
  return JSON.parse(Payload!.transformToString())
}

test('a socket carries much, is told when to wait, and hears the answer after its own end', async () => {
  expect(
    await inFunction(`const socket = net.connect({ port: ports.counting, allowHalfOpen: true }); let waits = 0
for (let n = 0; n < 50; n++) if (!socket.write(Buffer.alloc(65536))) { waits++; await once(socket, 'drain') }
socket.end(); return [await text(socket), waits > 0, socket.bytesRead]`),
  ).toEqual(['3276800 bytes', true, 13])
})

test('what is written before a socket is connected arrives', async () => {
  expect(
    await inFunction(
      `const socket = net.connect(ports.counting, 'localhost'); socket.write('early'); socket.end(); return text(socket)`,
    ),
  ).toBe('5 bytes')
})

test('a connection that is refused says so', async () => {
  expect(await inFunction(`return failure(net.connect(ports.closed, '127.0.0.1'))`)).toEqual([
    'ECONNREFUSED',
    `connect ECONNREFUSED 127.0.0.1:${ports.closed}`,
  ])
})

test('a connection ends with its call, which the next one sees', async () => {
  expect(
    await inFunction(`const socket = state.socket = net.connect(ports.counting); await once(socket, 'connect'); state.seen = []
for (const name of ['error', 'close']) socket.on(name, () => state.seen.push(name)); return socket.destroyed`),
  ).toBe(false)
  expect(await inFunction(`return [state.socket.destroyed, state.seen]`)).toEqual([true, ['close']])
})

test('TLS is spoken at once or later, and only with whom the certificate names', async () => {
  expect(
    await inFunction(
      `const socket = tls.connect({ port: ports.tls, host: 'localhost' }); await once(socket, 'secureConnect'); socket.write('one'); const [data] = await once(socket, 'data'); socket.end(); return [String(data), socket.authorized]`,
    ),
  ).toEqual(['secret one', true])
  expect(
    await inFunction(`const plain = net.connect(ports.startTls, 'localhost'); await once(plain, 'connect'); plain.write('TLS?')
const [agreed] = await once(plain, 'data'); const socket = tls.connect({ socket: plain, servername: 'localhost' })
await once(socket, 'secureConnect'); socket.write('two'); const [data] = await once(socket, 'data'); socket.end(); return [String(agreed), String(data)]`),
  ).toEqual(['S', 'secret two'])
  expect(
    await inFunction(
      `return failure(tls.connect({ port: ports.tls, host: 'localhost', servername: 'other.example.com' }))`,
    ),
  ).toEqual(['ERR_TLS_HANDSHAKE', expect.stringContaining('can only be checked for that name')])
})

test('a request is sent whole with its length, or in pieces as it is written', async () => {
  expect(
    await inFunction(
      `return [await upload(ports.web, {}, 1), await upload(ports.web, {}, 40), await upload(ports.web, { 'content-length': 40 * 65536 }, 40)]`,
    ),
  ).toEqual([
    { bytes: 65536, encoding: null, length: '65536' },
    { bytes: 2621440, encoding: 'chunked', length: null },
    { bytes: 2621440, encoding: null, length: '2621440' },
  ])
})

test('a large answer comes as fast as it is read', async () => {
  expect(
    await inFunction(`const [answer] = await once(http.get({ port: ports.web, path: '/large' }), 'response'); let bytes = 0
for await (const chunk of answer) { bytes += chunk.length; if (bytes < 300000) await new Promise(resolve => setTimeout(resolve, 2)) }
return bytes`),
  ).toBe(8 * 1024 * 1024)
})

test('a request that takes too long is noticed, can be given up, and fails when its connection does', async () => {
  expect(
    await inFunction(`const slow = http.get({ port: ports.web, path: '/never', timeout: 50 }); slow.on('timeout', () => slow.destroy(new Error('too slow')))
const stop = new AbortController(), stopped = http.get({ port: ports.web, path: '/never', signal: stop.signal }); setTimeout(() => stop.abort(), 20)
const broken = http.get({ port: ports.web, path: '/broken' })
return Promise.all([slow, stopped, broken].map(failure))`),
  ).toEqual([
    [null, 'too slow'],
    ['ABORT_ERR', 'The operation was aborted'],
    ['ECONNRESET', expect.any(String)],
  ])
})

test('what a listener throws is the error of the call, and so is one that nobody listens for', async () => {
  const thrown = { errorType: 'Error', errorMessage: 'of the program' }
  const listening = (emitter: string, name: string) =>
    inFunction(
      `${emitter}.on('${name}', () => { throw new Error('of the program') }); await new Promise(() => {})`,
    )
  expect(await listening('net.connect(ports.counting)', 'connect')).toMatchObject(thrown)
  expect(
    await listening(`tls.connect(ports.tls, 'localhost', function () { this.write('x') })`, 'data'),
  ).toMatchObject(thrown)
  expect(await listening(`http.get({ port: ports.web, path: '/large' })`, 'response')).toMatchObject(thrown)
  expect(await inFunction(`http.get({ port: ports.closed }); await new Promise(() => {})`)).toMatchObject({
    errorMessage: expect.stringContaining('ECONNRESET'),
  })
})
