import { describe, expect, test } from 'vitest'
import { loadFunction } from './load-function.ts'

/** Runs an expression that may use `http`, and `written`: an answer and what it writes to its socket. */
async function answerTo(body: string): Promise<unknown> {
  const loaded = await loadFunction({
    'index.js': `const http = require('http'), { Writable, PassThrough } = require('stream'), { once } = require('events')
function written(request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 }) {
  const pieces = []
  const socket = new Writable({ write(chunk, encoding, done) { pieces.push(chunk.toString()); done() } })
  const response = new http.ServerResponse(request)
  response.sendDate = false
  response.assignSocket(socket)
  return { response, socket, text: () => pieces.join('') }
}
exports.handler = async () => { ${body} }`,
  })
  return (await loaded.call()).value
}

describe('an answer is written as Node writes it', () => {
  test('with its length when all of it is there at once, in chunks when not', async () => {
    expect(
      await answerTo(`const whole = written(); whole.response.setHeader('X-A', ['1', '2']); whole.response.end('Größe')
const pieces = written(); pieces.response.writeHead(201, 'Made', { 'Content-Type': 'text/plain' }); pieces.response.write('one'); pieces.response.write(Buffer.from('two')); pieces.response.addTrailers({ 'X-Sum': '6' }); pieces.response.end()
return [whole.text(), pieces.text()]`),
    ).toEqual([
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nGröße',
      'HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n',
    ])
  })

  test('without a body where none may be, and closing for clients of HTTP/1.0', async () => {
    expect(
      await answerTo(`const head = written({ method: 'HEAD' }); head.response.setHeader('Content-Length', 3); head.response.end('abc')
const none = written(); none.response.statusCode = 204; none.response.end('ignored')
const old = written({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 0 }); old.response.write('a'); old.response.end('b')
return [head.text(), none.text(), old.text()]`),
    ).toEqual([
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n',
      'HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab',
    ])
  })

  test('once, with the events and the errors that programs wait for', async () => {
    expect(
      await answerTo(`const { response, socket } = written(); const seen = []
for (const name of ['prefinish', 'finish', 'close']) response.on(name, () => seen.push(name))
response.on('error', error => seen.push(error.code))
const before = [response.headersSent, response.writableEnded]
response.end('x', () => seen.push('callback'))
await once(response, 'finish')
let again; try { response.setHeader('a', 'b') } catch (error) { again = error.code }
let twice; try { response.writeHead(200) } catch (error) { twice = error.code }
let status; try { written().response.writeHead(42) } catch (error) { status = error.code }
let header; try { written().response.setHeader('a b', '1') } catch (error) { header = error.code }
response.write('late'); socket.destroy(); await new Promise(resolve => response.on('close', resolve)); await new Promise(setImmediate)
return [before, [response.headersSent, response.writableEnded, response.finished], seen.sort(), again, twice, status, header]`),
    ).toEqual([
      [false, false],
      [true, true, true],
      ['ERR_STREAM_WRITE_AFTER_END', 'callback', 'close', 'finish', 'prefinish'],
      'ERR_HTTP_HEADERS_SENT',
      'ERR_HTTP_HEADERS_SENT',
      'ERR_HTTP_INVALID_STATUS_CODE',
      'ERR_INVALID_HTTP_TOKEN',
    ])
  })

  test('also by those that inherit in the older way, or whose prototype is exchanged', async () => {
    expect(
      await answerTo(`const util = require('util')
function Old(request) { http.ServerResponse.call(this, request); this.mine = true }
util.inherits(Old, http.ServerResponse)
class New extends http.ServerResponse { constructor(request) { super(request); this.mine = true } }
const made = [new Old({ method: 'GET' }), new New({ method: 'GET' }), http.ServerResponse({ method: 'GET' })]
const exchanged = new http.ServerResponse({ method: 'GET' })
Object.setPrototypeOf(exchanged, Object.create(http.ServerResponse.prototype, { extra: { value: 'there' } }))
for (const response of made) response.setHeader('X-A', '1')
return [made.map(response => [response instanceof http.ServerResponse, response instanceof http.OutgoingMessage, response.mine === true, response.getHeaders()['x-a'], response.statusCode]), exchanged.extra, exchanged.constructor.name, require('_http_server').ServerResponse === http.ServerResponse]`),
    ).toEqual([
      [
        [true, true, true, '1', 200],
        [true, true, true, '1', 200],
        [true, true, false, '1', 200],
      ],
      'there',
      'ServerResponse',
      true,
    ])
  })
})

test("a message's headers are joined as Node joins them", async () => {
  expect(
    await answerTo(`const message = new http.IncomingMessage(new PassThrough())
message.rawHeaders = ['Set-Cookie', 'a=1', 'Cookie', 'x=1', 'COOKIE', 'y=2', 'Host', 'one', 'host', 'two', 'X-A', '1', 'x-a', '2', 'set-cookie', 'b=2']
const own = new http.IncomingMessage(null); own.headers = { given: 'yes' }
const parsed = new http.IncomingMessage(null); parsed._addHeaderLines(['X-B', '3'], 2)
return [message.headers, message.headersDistinct.host, own.headers, parsed.headers, Object.keys(own).includes('_headers')]`),
  ).toEqual([
    { 'set-cookie': ['a=1', 'b=2'], cookie: 'x=1; y=2', host: 'one', 'x-a': '1, 2' },
    ['one', 'two'],
    { given: 'yes' },
    { 'x-b': '3' },
    false,
  ])
})

test('a request says what is wrong with it before it is sent', async () => {
  expect(
    await answerTo(`const codeOf = (...args) => { try { http.request(...args); return 'none' } catch (error) { return error.code } }
return [codeOf('https://example.com/'), codeOf({ path: '/a b' }), codeOf({ method: 'G T' }), codeOf({ socketPath: '/run/x.sock' })]`),
  ).toEqual([
    'ERR_INVALID_PROTOCOL',
    'ERR_UNESCAPED_CHARACTERS',
    'ERR_INVALID_HTTP_TOKEN',
    'ERR_METHOD_NOT_IMPLEMENTED',
  ])
})
