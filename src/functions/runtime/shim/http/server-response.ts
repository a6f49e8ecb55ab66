import http from 'node:http'
import { Stream } from 'node:stream'
import { codedError } from '../package-files.ts'
import { callableClass } from './callable-class.ts'
import { named } from './incoming-message.ts'
import { type Callback, type HeaderValue, OutgoingMessage, type Sink } from './outgoing-message.ts'

interface RequestLike {
  method?: string
  httpVersionMajor?: number
  httpVersionMinor?: number
}

type GivenHeaders =
  | Record<string, HeaderValue>
  | readonly HeaderValue[]
  | readonly (readonly [string, HeaderValue])[]

/** An answer that a server writes. */
class Response extends OutgoingMessage {
  declare req: RequestLike
  declare statusCode: number
  declare statusMessage: string | undefined
  declare _sent100: boolean
  declare _closeWithSocket: () => void

  constructor(request: RequestLike) {
    super()
    prepare(this, request)
  }

  override initialize(request?: RequestLike): void {
    OutgoingMessage.prototype.initialize.call(this)
    // The constructor has the request only after its base class is made.
    if (request) prepare(this, request)
  }

  assignSocket(socket: Sink): void {
    if (socket._httpMessage) {
      throw codedError('ERR_HTTP_SOCKET_ASSIGNED', 'ServerResponse has an already assigned socket')
    }
    socket._httpMessage = this
    this._closeWithSocket = () => {
      this.destroyed = true
      this._closed = true
      this.emit('close')
    }
    socket.on('close', this._closeWithSocket)
    this.socket = socket
    this.emit('socket', socket)
    this._flush()
  }

  detachSocket(socket: Sink): void {
    socket.removeListener?.('close', this._closeWithSocket)
    socket._httpMessage = null
    this.socket = null
  }

  override _implicitHeader(): void {
    this.writeHead(this.statusCode)
  }

  writeHead(statusCode: number, reason?: string | GivenHeaders, given?: GivenHeaders): this {
    if (this._header) {
      throw codedError('ERR_HTTP_HEADERS_SENT', 'Cannot write headers after they are sent to the client')
    }
    const status = Number(statusCode) | 0
    if (status < 100 || status > 999) {
      throw codedError(
        'ERR_HTTP_INVALID_STATUS_CODE',
        `Invalid status code: ${statusCode}`,
        RangeError as never,
      )
    }
    if (typeof reason === 'string') this.statusMessage = reason
    else {
      this.statusMessage ||= http.STATUS_CODES[status] ?? 'unknown'
      given ??= reason
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(this.statusMessage)) {
      throw codedError('ERR_INVALID_CHAR', 'Invalid character in statusMessage', TypeError)
    }
    this.statusCode = status
    let headers = pairsOf(given)
    // Headers that are given here alone are sent, and not kept: what `getHeader` finds was set.
    if (this._hasHeaders()) {
      for (const [name, value] of headers) this.setHeader(name, value)
      headers = this._setHeaders()
    }
    if (status === 204 || status === 304 || status < 200) this._hasBody = false
    this._storeHeader(`HTTP/1.1 ${status} ${this.statusMessage}\r\n`, headers)
    return this
  }

  writeHeader(statusCode: number, reason?: string | GivenHeaders, given?: GivenHeaders): this {
    return this.writeHead(statusCode, reason, given)
  }

  writeContinue(callback?: Callback): void {
    this._writeRaw('HTTP/1.1 100 Continue\r\n\r\n', 'latin1', callback)
    this._sent100 = true
  }

  writeProcessing(callback?: Callback): void {
    this._writeRaw('HTTP/1.1 102 Processing\r\n\r\n', 'latin1', callback)
  }

  writeEarlyHints(hints: Record<string, string | string[]>, callback?: Callback): void {
    const lines = Object.entries(hints).map(([name, value]) => `${name}: ${[value].flat().join(', ')}\r\n`)
    this._writeRaw(`HTTP/1.1 103 Early Hints\r\n${lines.join('')}\r\n`, 'latin1', callback)
  }
}

function prepare(response: Response, request: RequestLike): void {
  response.req = request
  response.statusCode = 200
  response.statusMessage = undefined
  response.sendDate = true
  response._sent100 = false
  if (request.method === 'HEAD') response._hasBody = false
  const { httpVersionMajor = 1, httpVersionMinor = 1 } = request
  if (httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1)) {
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
  }
}

/** Headers as an object, a flat list of names and values, or a list of pairs. */
function pairsOf(given: GivenHeaders | undefined): (readonly [string, HeaderValue])[] {
  if (!given) return []
  if (!Array.isArray(given))
    return Object.entries(given as Record<string, HeaderValue>).filter(([name]) => name)
  if (Array.isArray(given[0])) return given as [string, HeaderValue][]
  const pairs: [string, HeaderValue][] = []
  for (let at = 0; at + 1 < given.length; at += 2)
    pairs.push([given[at] as string, given[at + 1] as HeaderValue])
  return pairs
}

export type ServerResponse = Response
export const ServerResponse = callableClass(named(Response, 'ServerResponse'), Stream)
