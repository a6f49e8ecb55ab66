import http from 'node:http'
import { Stream } from 'node:stream'
import { codedError } from '../package-files.ts'
import { callableClass } from './callable-class.ts'
import { named } from './incoming-message.ts'

export type HeaderValue = number | string | readonly string[]
export type Callback = (error?: Error | null) => void
type Chunk = string | Uint8Array

/** What a message is written to: a socket, or what a library passes for one. */
export interface Sink {
  writable?: boolean
  destroyed?: boolean
  _httpMessage?: unknown
  writableLength?: number
  write(chunk: Chunk, encoding?: BufferEncoding | null, callback?: Callback): boolean
  on(name: string, listener: (...args: never[]) => void): unknown
  removeListener?(name: string, listener: (...args: never[]) => void): unknown
  cork?(): void
  uncork?(): void
  destroy?(error?: Error): unknown
  setTimeout?(ms: number, callback?: () => void): unknown
}

interface Pending {
  data: Chunk
  encoding: BufferEncoding | null | undefined
  callback: Callback | undefined
}

const HEADERS = Symbol('kOutHeaders')
const HIGH_WATER_MARK = 64 * 1024

type HeaderStore = Record<string, [name: string, value: HeaderValue]>

/** The body and headers of a request or an answer that is being written: Node's `http.OutgoingMessage`. */
class Message extends Stream {
  declare outputData: Pending[]
  declare outputSize: number
  declare writable: boolean
  declare destroyed: boolean
  declare _last: boolean
  declare chunkedEncoding: boolean
  declare shouldKeepAlive: boolean
  declare useChunkedEncodingByDefault: boolean
  declare sendDate: boolean
  declare strictContentLength: boolean
  declare finished: boolean
  declare socket: Sink | null
  declare _removed: Set<string>
  declare _contentLength: number | null
  declare _hasBody: boolean
  declare _trailer: string
  declare _header: string | null
  declare _headerSent: boolean
  declare _closed: boolean
  declare _needDrain: boolean
  declare _isFinished: boolean
  declare _corked: number
  declare [HEADERS]: HeaderStore | null

  constructor() {
    super()
    this.initialize()
  }

  initialize(..._args: never[]): void {
    this.outputData = []
    this.outputSize = 0
    this.writable = true
    this.destroyed = false
    this._last = false
    this.chunkedEncoding = false
    this.shouldKeepAlive = true
    this.useChunkedEncodingByDefault = true
    this.sendDate = false
    this.strictContentLength = false
    this.finished = false
    this.socket = null
    this._removed = new Set()
    this._contentLength = null
    this._hasBody = true
    this._trailer = ''
    this._header = null
    this._headerSent = false
    this._closed = false
    this._needDrain = false
    this._isFinished = false
    this._corked = 0
    this[HEADERS] = null
  }

  get connection(): Sink | null {
    return this.socket
  }
  set connection(socket: Sink | null) {
    this.socket = socket
  }
  get headersSent(): boolean {
    return !!this._header
  }
  get writableEnded(): boolean {
    return this.finished
  }
  get writableFinished(): boolean {
    return this.finished && this.outputSize === 0 && !this.socket?.writableLength
  }
  get writableObjectMode(): boolean {
    return false
  }
  get writableLength(): number {
    return this.outputSize + (this.socket?.writableLength ?? 0)
  }
  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK
  }
  get writableCorked(): number {
    return this._corked
  }
  get writableNeedDrain(): boolean {
    return !this.destroyed && !this.finished && this._needDrain
  }
  get closed(): boolean {
    return this._closed
  }
  get errored(): Error | null {
    return null
  }

  setHeader(name: string, value: HeaderValue): this {
    if (this._header) throw headersSent('set')
    http.validateHeaderName(name)
    http.validateHeaderValue(name, value as string)
    this[HEADERS] ??= Object.create(null) as HeaderStore
    this[HEADERS][name.toLowerCase()] = [name, value]
    return this
  }

  setHeaders(headers: Iterable<[string, HeaderValue]>): this {
    if (this._header) throw headersSent('set')
    for (const [name, value] of headers) {
      if (name.toLowerCase() === 'set-cookie') this.appendHeader(name, value)
      else this.setHeader(name, value)
    }
    return this
  }

  appendHeader(name: string, value: HeaderValue): this {
    if (this._header) throw headersSent('append')
    const known = this.getHeader(name)
    if (known === undefined) return this.setHeader(name, value)
    return this.setHeader(name, [known, value].flat().map(String))
  }

  getHeader(name: string): HeaderValue | undefined {
    return this[HEADERS]?.[String(name).toLowerCase()]?.[1]
  }

  hasHeader(name: string): boolean {
    return this[HEADERS]?.[String(name).toLowerCase()] !== undefined
  }

  getHeaderNames(): string[] {
    return Object.keys(this[HEADERS] ?? {})
  }

  getRawHeaderNames(): string[] {
    return Object.values(this[HEADERS] ?? {}).map(([name]) => name)
  }

  getHeaders(): Record<string, HeaderValue> {
    const headers = Object.create(null) as Record<string, HeaderValue>
    for (const [key, [, value]] of Object.entries(this[HEADERS] ?? {})) headers[key] = value
    return headers
  }

  removeHeader(name: string): void {
    if (this._header) throw headersSent('remove')
    const key = name.toLowerCase()
    this._removed.add(key)
    if (key === 'date') this.sendDate = false
    if (this[HEADERS]) delete this[HEADERS][key]
  }

  addTrailers(trailers: Record<string, string> | readonly (readonly [string, string])[]): void {
    for (const [name, value] of Array.isArray(trailers) ? trailers : Object.entries(trailers)) {
      http.validateHeaderName(name)
      this._trailer += `${name}: ${value}\r\n`
    }
  }

  flushHeaders(): void {
    if (!this._header) this._implicitHeader()
    this._send('')
  }

  _implicitHeader(): void {
    throw codedError('ERR_METHOD_NOT_IMPLEMENTED', 'The _implicitHeader() method is not implemented')
  }

  /** Makes the header's text of what is set, or of what `writeHead` was given. */
  _storeHeader(firstLine: string, given: readonly (readonly [string, HeaderValue])[]): void {
    const names = new Set<string>()
    const lines = [firstLine]
    for (const [name, value] of given) {
      const key = name.toLowerCase()
      names.add(key)
      if (key === 'transfer-encoding') this.chunkedEncoding = /\bchunked\b/i.test(String(value))
      if (key === 'connection' && /\bclose\b/i.test(String(value))) this._last = true
      const values = typeof value === 'object' ? value : [value]
      if (key === 'cookie') lines.push(`${name}: ${values.join('; ')}\r\n`)
      else for (const one of values) lines.push(`${name}: ${one}\r\n`)
    }
    if (this.sendDate && !names.has('date')) lines.push(`Date: ${new Date().toUTCString()}\r\n`)
    if (!this._hasBody) this.chunkedEncoding = false
    else if (!names.has('transfer-encoding') && !names.has('content-length')) measureBody(this, lines)
    if (!names.has('connection') && !this._removed.has('connection')) {
      lines.push(`Connection: ${this._last || !this.shouldKeepAlive ? 'close' : 'keep-alive'}\r\n`)
    }
    this._header = `${lines.join('')}\r\n`
    this._headerSent = false
    if (names.has('expect')) this._send('')
  }

  /** Whether any header was ever set, if only to be removed again. */
  _hasHeaders(): boolean {
    return this[HEADERS] !== null
  }

  /** All that is set, by the names as they were given. */
  _setHeaders(): (readonly [string, HeaderValue])[] {
    return Object.values(this[HEADERS] ?? {})
  }

  _send(data: Chunk, encoding?: BufferEncoding | null, callback?: Callback): boolean {
    if (!this._headerSent && this._header !== null) {
      this._headerSent = true
      if (typeof data === 'string' && (!encoding || encoding === 'utf8' || encoding === 'latin1')) {
        return this._writeRaw(this._header + data, encoding, callback)
      }
      this._writeRaw(this._header, 'latin1')
    }
    return this._writeRaw(data, encoding, callback)
  }

  _writeRaw(data: Chunk, encoding?: BufferEncoding | null, callback?: Callback): boolean {
    const { socket } = this
    if (socket?.destroyed) return false
    if (socket && socket._httpMessage === this && socket.writable) {
      if (this.outputData.length > 0) this._flushOutput(socket)
      return socket.write(data, encoding, callback)
    }
    this.outputData.push({ data, encoding, callback })
    this.outputSize += data.length
    return this.outputSize < HIGH_WATER_MARK
  }

  _flushOutput(socket: Sink): boolean {
    let goesOn = true
    const pending = this.outputData
    this.outputData = []
    this.outputSize = 0
    for (const { data, encoding, callback } of pending) goesOn = socket.write(data, encoding, callback)
    return goesOn
  }

  /** The socket is there: writes what was written before. */
  _flush(): void {
    const { socket } = this
    if (!socket?.writable) return
    const goesOn = this._flushOutput(socket)
    if (this.finished) this._finish()
    else if (goesOn && this._needDrain) {
      this._needDrain = false
      this.emit('drain')
    }
  }

  _finish(): void {
    this.emit('prefinish')
  }

  write(chunk: unknown, encoding?: BufferEncoding | Callback | null, callback?: Callback): boolean {
    const done = typeof encoding === 'function' ? encoding : callback
    const goesOn = writeChunk(this, chunk, typeof encoding === 'function' ? null : encoding, done, false)
    if (!goesOn) this._needDrain = true
    return goesOn
  }

  /** Frames a piece of the body as the header says. */
  _writeBody(
    chunk: Chunk,
    encoding: BufferEncoding | null | undefined,
    callback: Callback | undefined,
    length: number,
  ): boolean {
    if (!this.chunkedEncoding) return this._send(chunk, encoding, callback)
    if (length === 0) {
      if (callback) process.nextTick(callback)
      return true
    }
    this._send(`${length.toString(16)}\r\n`, 'latin1')
    this._send(chunk, encoding)
    return this._send('\r\n', 'latin1', callback)
  }

  end(chunk?: unknown, encoding?: BufferEncoding | Callback | null, callback?: Callback): this {
    let done = callback
    let content = chunk
    if (typeof chunk === 'function') {
      done = chunk as Callback
      content = undefined
    } else if (typeof encoding === 'function') done = encoding
    if (this.finished) {
      const error =
        content === undefined || content === null
          ? codedError('ERR_STREAM_ALREADY_FINISHED', 'Cannot call end after a stream was finished')
          : codedError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
      if (done) process.nextTick(done, error)
      return this
    }
    const hasContent = content !== undefined && content !== null && content !== ''
    if (hasContent)
      writeChunk(this, content, typeof encoding === 'function' ? null : encoding, undefined, true)
    else if (!this._header) {
      this._contentLength = 0
      this._implicitHeader()
    }
    if (done) this.once('finish', done)
    this._endBody(() => announceFinish(this))
    this.finished = true
    if (this.outputData.length === 0 && this.socket && this.socket._httpMessage === this) this._finish()
    return this
  }

  _endBody(finish: Callback): void {
    if (this._hasBody && this.chunkedEncoding) this._send(`0\r\n${this._trailer}\r\n`, 'latin1', finish)
    else this._send('', 'latin1', finish)
  }

  cork(): void {
    this._corked++
  }
  uncork(): void {
    if (this._corked > 0) this._corked--
  }

  setTimeout(ms: number, callback?: () => void): this {
    if (callback) this.on('timeout', callback)
    if (this.socket) this.socket.setTimeout?.(ms)
    else this.once('socket', (socket: Sink) => socket.setTimeout?.(ms))
    return this
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    if (this.socket) this.socket.destroy?.(error)
    else this.once('socket', (socket: Sink) => socket.destroy?.(error))
    return this
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.emit('error', codedError('ERR_STREAM_CANNOT_PIPE', 'Cannot pipe, not readable'))
    return destination
  }
}

// Functions rather than private methods, which an object that inherits in the older way would not have.

function writeChunk(
  message: Message,
  chunk: unknown,
  encoding: BufferEncoding | null | undefined,
  callback: Callback | undefined,
  isLast: boolean,
): boolean {
  if (chunk === null)
    throw codedError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream', TypeError)
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
    throw codedError(
      'ERR_INVALID_ARG_TYPE',
      `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received type ${typeof chunk}`,
      TypeError,
    )
  }
  if (message.finished || message.destroyed) {
    const error = message.destroyed
      ? codedError('ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed')
      : codedError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
    process.nextTick(() => {
      callback?.(error)
      if (!message.destroyed) message.emit('error', error)
    })
    return false
  }
  const length = typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding ?? 'utf8') : chunk.length
  if (!message._header) {
    if (isLast) message._contentLength = length
    message._implicitHeader()
  }
  if (!message._hasBody) {
    if (callback) process.nextTick(callback)
    return true
  }
  return message._writeBody(chunk, encoding, callback, length)
}

function measureBody(message: Message, lines: string[]): void {
  if (message._trailer === '' && !message._removed.has('content-length') && message._contentLength !== null) {
    lines.push(`Content-Length: ${message._contentLength}\r\n`)
  } else if (message.useChunkedEncodingByDefault && !message._removed.has('transfer-encoding')) {
    lines.push('Transfer-Encoding: chunked\r\n')
    message.chunkedEncoding = true
  } else message._last = true
}

function announceFinish(message: Message): void {
  if (message._isFinished) return
  message._isFinished = true
  message.emit('finish')
}

const headersSent = (what: string) =>
  codedError('ERR_HTTP_HEADERS_SENT', `Cannot ${what} headers after they are sent to the client`)

export type OutgoingMessage = Message
export const OutgoingMessage = callableClass(named(Message, 'OutgoingMessage'), Stream)
