import { codedError } from '../package-files.ts'
import type { ClientRequest, Exchange, RequestOptions } from './client-request.ts'
import { IncomingMessage, type SocketLike } from './incoming-message.ts'
import type { Sink } from './outgoing-message.ts'

type Connect = NonNullable<RequestOptions['createConnection']>

interface Connection extends Sink {
  connecting?: boolean
  on(name: string, listener: (...args: never[]) => void): unknown
  once(name: string, listener: (...args: never[]) => void): unknown
  removeListener(name: string, listener: (...args: never[]) => void): unknown
  pause(): unknown
  resume(): unknown
}

/** Of the module as programs have it. */
const connectOf = (name: 'net' | 'tls') => process.getBuiltinModule(name).connect as unknown as Connect

/** Sends a request over a socket, which `fetch` cannot replace where the protocol changes: WebSockets, tunnels. */
export class SocketExchange implements Exchange {
  readonly socket: Connection
  readonly #request: ClientRequest
  readonly #answer: AnswerReader

  constructor(request: ClientRequest, options: RequestOptions) {
    this.#request = request
    const isSecure = request.protocol === 'https:'
    const connect = options.createConnection ?? connectOf(isSecure ? 'tls' : 'net')
    const socket = connect(
      // Of a socket, a path is that of a file.
      { ...options, host: request.host, port: Number(request.port), path: undefined },
      () => {},
    ) as Connection
    this.socket = socket
    this.#answer = new AnswerReader(request, socket)
    socket._httpMessage = request
    const open = () => request._flush()
    if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', open)
    else process.nextTick(open)
    socket.on('data', this.#read)
    socket.on('error', this.#fail)
    socket.on('end', this.#end)
    socket.on('close', this.#end)
  }

  destroy(error?: Error): void {
    this.socket.destroy?.(error)
  }

  #read = (chunk: Uint8Array): void => {
    const rest = this.#answer.take(Buffer.from(chunk))
    if (rest) this.#changeProtocol(rest)
  }

  #fail = (error: Error): void => this.#request._fail(error)

  #end = (): void => {
    if (this.#answer.end() || this.#request.destroyed) return
    this.#request._fail(codedError('ECONNRESET', 'socket hang up'))
  }

  /** The socket is the program's now. */
  #changeProtocol(head: Buffer): void {
    const { socket } = this
    const request = this.#request
    socket.removeListener('data', this.#read)
    socket.removeListener('error', this.#fail)
    socket.removeListener('end', this.#end)
    socket.removeListener('close', this.#end)
    socket._httpMessage = null
    const name = request.method === 'CONNECT' ? 'connect' : 'upgrade'
    const response = this.#answer.message!
    request.res = response
    request.upgradeOrConnect = true
    request.destroyed = true
    response.complete = true
    if (!request.emit(name, response, socket, head)) socket.destroy?.()
    request._close()
  }
}

/** Reads an answer of HTTP/1.1: https://www.rfc-editor.org/rfc/rfc9112 */
class AnswerReader {
  message: IncomingMessage | undefined
  readonly #request: ClientRequest
  readonly #socket: Connection
  #held: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  /** Bytes to come of the body, or of its chunk. */
  #left = 0
  #framing: 'length' | 'chunks' | 'close' = 'close'
  #isTrailer = false

  constructor(request: ClientRequest, socket: Connection) {
    this.#request = request
    this.#socket = socket
  }

  /** What follows the head, when that changes the protocol. */
  take(chunk: Buffer): Buffer | undefined {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    while (!this.message) {
      const end = this.#held.indexOf('\r\n\r\n')
      if (end < 0) return undefined
      const head = this.#held.toString('latin1', 0, end)
      this.#held = this.#held.subarray(end + 4)
      if (this.#head(head)) return this.#held
    }
    this.#body()
    return undefined
  }

  /** The connection ended: whether the answer had. */
  end(): boolean {
    const { message } = this
    if (!message) return false
    if (this.#framing === 'close' && !message.complete) this.#finish()
    return message.complete
  }

  #head(text: string): boolean {
    const [first = '', ...lines] = text.split('\r\n')
    const [, minor, status, reason] = /^HTTP\/1\.([01]) (\d{3}) ?(.*)$/.exec(first) ?? []
    const request = this.#request
    if (status === undefined) {
      request.destroy(codedError('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/'))
      return false
    }
    const message = new IncomingMessage(this.#socket as unknown as SocketLike)
    message.httpVersion = `1.${minor}`
    message.httpVersionMinor = Number(minor)
    message.statusCode = Number(status)
    message.statusMessage = reason!
    for (const line of lines) {
      const colon = line.indexOf(':')
      message.rawHeaders.push(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    const code = message.statusCode
    if (code === 101 || (request.method === 'CONNECT' && code < 300)) {
      this.message = message
      return true
    }
    if (code < 200) {
      request.emit(code === 100 ? 'continue' : 'information', message)
      return false
    }
    this.message = message
    message._read = () => this.#socket.resume()
    const { 'content-length': length, 'transfer-encoding': encoding } = message.headers
    const isEmpty = request.method === 'HEAD' || code === 204 || code === 304
    if (isEmpty || length !== undefined) {
      this.#framing = 'length'
      this.#left = isEmpty ? 0 : Number(length)
    } else if (/\bchunked\b/i.test(String(encoding))) this.#framing = 'chunks'
    request._answer(message)
    if (this.#framing === 'length' && this.#left === 0) this.#finish()
    return false
  }

  #body(): void {
    const message = this.message!
    while (!message.complete && this.#held.length > 0) {
      if (this.#framing === 'close') this.#left = this.#held.length
      if (this.#left > 0) {
        const piece = this.#held.subarray(0, this.#left)
        this.#held = this.#held.subarray(piece.length)
        this.#left -= piece.length
        if (!message.push(piece)) this.#socket.pause()
        if (this.#left === 0 && this.#framing === 'length') this.#finish()
        continue
      }
      const end = this.#held.indexOf('\r\n')
      if (end < 0) return
      const line = this.#held.toString('latin1', 0, end)
      this.#held = this.#held.subarray(end + 2)
      if (this.#isTrailer) {
        if (line === '') this.#finish()
      } else if (line !== '') {
        this.#left = Number.parseInt(line, 16)
        this.#isTrailer = this.#left === 0
      }
    }
  }

  #finish(): void {
    this.message!.complete = true
    this.message!.push(null)
    this.#socket.destroy?.()
  }
}
