import { Readable } from 'node:stream'
import { callableClass } from './callable-class.ts'

export interface SocketLike {
  readableHighWaterMark?: number
  setTimeout?(ms: number, callback?: () => void): unknown
  destroy?(error?: Error): unknown
  resume?(): unknown
}

type Headers = Record<string, string | string[] | undefined>

/** Of which a second one is dropped: https://nodejs.org/docs/latest-v22.x/api/http.html#messageheaders */
const ONCE = new Set(
  (
    'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization referer retry-after server user-agent'
  ).split(' '),
)

/** A request as a server sees it, or an answer as a client does. */
class Message extends Readable {
  declare socket: SocketLike | null
  declare client: SocketLike | null
  declare httpVersion: string
  declare httpVersionMajor: number
  declare httpVersionMinor: number
  declare complete: boolean
  declare aborted: boolean
  declare upgrade: boolean | null
  declare url: string
  declare method: string | null
  declare statusCode: number | null
  declare statusMessage: string | null
  declare rawHeaders: string[]
  declare rawTrailers: string[]
  declare joinDuplicateHeaders: boolean
  declare _consuming: boolean
  declare _dumped: boolean
  declare _headers: Headers | undefined
  declare _headersDistinct: Record<string, string[]> | undefined
  declare _trailers: Headers | undefined

  constructor(socket?: SocketLike) {
    super(socket?.readableHighWaterMark ? { highWaterMark: socket.readableHighWaterMark } : {})
    this.initialize(socket)
  }

  initialize(socket?: SocketLike): void {
    hide(this, '_headers', '_headersDistinct', '_trailers')
    this.socket = socket ?? null
    this.client = this.socket
    this.httpVersion = '1.1'
    this.httpVersionMajor = 1
    this.httpVersionMinor = 1
    this.complete = false
    this.aborted = false
    this.upgrade = null
    this.url = ''
    this.method = null
    this.statusCode = null
    this.statusMessage = null
    this.rawHeaders = []
    this.rawTrailers = []
    this.joinDuplicateHeaders = false
    this._consuming = false
    this._dumped = false
  }

  get connection(): SocketLike | null {
    return this.socket
  }
  set connection(socket: SocketLike | null) {
    this.socket = socket
  }

  get headers(): Headers {
    this._headers ??= joined(this.rawHeaders, this.joinDuplicateHeaders)
    return this._headers
  }
  set headers(headers: Headers) {
    this._headers = headers
  }

  get headersDistinct(): Record<string, string[]> {
    this._headersDistinct ??= distinct(this.rawHeaders)
    return this._headersDistinct
  }
  set headersDistinct(headers: Record<string, string[]>) {
    this._headersDistinct = headers
  }

  get trailers(): Headers {
    this._trailers ??= joined(this.rawTrailers, this.joinDuplicateHeaders)
    return this._trailers
  }
  set trailers(trailers: Headers) {
    this._trailers = trailers
  }

  get trailersDistinct(): Record<string, string[]> {
    return distinct(this.rawTrailers)
  }

  setTimeout(ms: number, callback?: () => void): this {
    if (callback) this.on('timeout', callback)
    this.socket?.setTimeout?.(ms)
    return this
  }

  /** Who fills a message replaces this; one that nobody fills is empty. */
  override _read(_size: number): void {
    this._consuming = true
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true
      this.emit('aborted')
    }
    let reason = error
    // An error that nobody listens for would end the process.
    if (!reason && !this.readableEnded && !this.complete && this.listenerCount('error') > 0) {
      reason = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    }
    process.nextTick(callback, reason && this.listenerCount('error') === 0 ? null : reason)
  }

  /** Lets go of a body that nobody wants. */
  _dump(): void {
    if (this._dumped) return
    this._dumped = true
    this.removeAllListeners('data')
    this.resume()
  }

  /** As a parser hands them over, names and values in turn. */
  _addHeaderLines(lines: string[], _length: number): void {
    if (this.complete) {
      this.rawTrailers = lines
      this._trailers = undefined
    } else {
      this.rawHeaders = lines
      this._headers = undefined
      this._headersDistinct = undefined
    }
  }

  _addHeaderLine(field: string, value: string, into: Headers): void {
    addLine(into, field, value, this.joinDuplicateHeaders)
  }
}

function hide(target: object, ...names: string[]): void {
  for (const name of names) {
    Object.defineProperty(target, name, {
      value: undefined,
      writable: true,
      configurable: true,
      enumerable: false,
    })
  }
}

function joined(raw: readonly string[], joinsAll: boolean): Headers {
  const headers: Headers = {}
  for (let at = 0; at + 1 < raw.length; at += 2) addLine(headers, raw[at]!, raw[at + 1]!, joinsAll)
  return headers
}

function addLine(headers: Headers, field: string, value: string, joinsAll: boolean): void {
  const name = field.toLowerCase()
  const known = headers[name]
  if (name === 'set-cookie') {
    if (Array.isArray(known)) known.push(value)
    else headers[name] = [value]
  } else if (known === undefined) headers[name] = value
  else if (joinsAll || !ONCE.has(name))
    headers[name] = `${String(known)}${name === 'cookie' ? '; ' : ', '}${value}`
}

function distinct(raw: readonly string[]): Record<string, string[]> {
  const headers = Object.create(null) as Record<string, string[]>
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase()
    const values = headers[name] ?? []
    values.push(raw[at + 1]!)
    headers[name] = values
  }
  return headers
}

export type IncomingMessage = Message
export const IncomingMessage = callableClass(named(Message, 'IncomingMessage'), Readable)

/** The name that programs see. */
export function named<C>(Class: C, name: string): C {
  Object.defineProperty(Class, 'name', { value: name })
  return Class
}
