import http from 'node:http'
import { Stream } from 'node:stream'
import { codedError } from '../package-files.ts'
import { callableClass } from './callable-class.ts'
import { FetchExchange } from './fetch-exchange.ts'
import { type IncomingMessage, named } from './incoming-message.ts'
import { type Callback, type HeaderValue, OutgoingMessage, type Sink } from './outgoing-message.ts'
import { SocketExchange } from './socket-exchange.ts'

export interface RequestOptions {
  protocol?: string | null
  host?: string | null
  hostname?: string | null
  port?: number | string | null
  defaultPort?: number | string
  path?: string | null
  method?: string
  headers?: Record<string, HeaderValue | undefined> | readonly string[]
  auth?: string | null
  agent?: AgentLike | boolean | null
  _defaultAgent?: AgentLike
  timeout?: number
  signal?: AbortSignal
  setHost?: boolean
  setDefaultHeaders?: boolean
  socketPath?: string | null
  createConnection?: (options: object, callback: Callback) => Sink
  joinDuplicateHeaders?: boolean
}

export interface AgentLike {
  protocol?: string
  defaultPort?: number
}

/** How a request gets its answer: by `fetch`, or over a socket. */
export interface Exchange {
  readonly socket: Sink
  /** A piece of the body; false to be told by `drain` when there is room. */
  write?(chunk: Uint8Array, callback: Callback | undefined): boolean
  end?(finished: Callback): void
  flush?(): void
  destroy(error?: Error): void
}

type Listener = (response: IncomingMessage) => void

/** A request of a client: Node's `http.ClientRequest`. */
class Request extends OutgoingMessage {
  declare method: string
  declare path: string
  declare host: string
  declare protocol: string
  declare port: number | string
  declare agent: AgentLike | undefined
  declare aborted: boolean
  declare reusedSocket: boolean
  declare maxHeadersCount: number | null
  declare res: IncomingMessage | null
  declare timeout: number | undefined
  declare joinDuplicateHeaders: boolean
  declare upgradeOrConnect: boolean
  declare _exchange: Exchange
  declare _ended: boolean

  constructor(
    input: string | URL | RequestOptions,
    options?: RequestOptions | Listener,
    listener?: Listener,
  ) {
    super()
    start(this, input, options, listener)
  }

  override initialize(
    input?: string | URL | RequestOptions,
    options?: RequestOptions | Listener,
    listener?: Listener,
  ): void {
    OutgoingMessage.prototype.initialize.call(this)
    if (input !== undefined) start(this, input, options, listener)
  }

  override _implicitHeader(): void {
    this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, this._setHeaders())
  }

  override _writeBody(
    chunk: string | Uint8Array,
    encoding: BufferEncoding | null | undefined,
    callback: Callback | undefined,
    length: number,
  ): boolean {
    if (!this._exchange.write) {
      return OutgoingMessage.prototype._writeBody.call(this, chunk, encoding, callback, length)
    }
    return this._exchange.write(
      typeof chunk === 'string' ? Buffer.from(chunk, encoding ?? 'utf8') : chunk,
      callback,
    )
  }

  override _endBody(finish: Callback): void {
    if (this._exchange.end) this._exchange.end(finish)
    else OutgoingMessage.prototype._endBody.call(this, finish)
  }

  override flushHeaders(): void {
    if (!this._header) this._implicitHeader()
    if (this._exchange.flush) this._exchange.flush()
    else this._send('')
  }

  override _send(chunk: string | Uint8Array, encoding?: BufferEncoding | null, callback?: Callback): boolean {
    if (!this._exchange.write) return OutgoingMessage.prototype._send.call(this, chunk, encoding, callback)
    this._headerSent = true
    return true
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    process.nextTick(() => this.emit('abort'))
    this.destroy()
  }

  override destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.res?._dump()
    this._exchange.destroy(error)
    if (this.res) {
      if (!this.res.complete) this.res.destroy(error)
      this._close()
    } else {
      const reason = error ?? Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      process.nextTick(() => {
        this.emit('error', reason)
        this._close()
      })
    }
    return this
  }

  _close(): void {
    if (this._closed) return
    this._closed = true
    process.nextTick(() => this.emit('close'))
  }

  /** The exchange failed. */
  _fail(error: Error): void {
    if (this.destroyed) return
    this.destroyed = true
    if (this.res && !this.res.complete) this.res.destroy(error)
    // What a listener throws, or an error that has none, is the program's own.
    else if (!this.res) process.nextTick(() => this.emit('error', error))
    this._close()
  }

  /** The answer's head is there. */
  _answer(response: IncomingMessage): void {
    if (this.destroyed) return
    this.res = response
    ;(response as IncomingMessage & { req: Request }).req = this
    response.joinDuplicateHeaders = this.joinDuplicateHeaders
    response.once('close', () => this._close())
    if (!this.emit('response', response)) response._dump()
  }

  onSocket(_socket: unknown): void {
    // For agents that make sockets themselves; none is asked.
  }
  setNoDelay(): void {}
  setSocketKeepAlive(): void {}
  clearTimeout(callback?: () => void): void {
    this.setTimeout(0, callback)
  }

  override setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms
    if (callback) this.once('timeout', callback)
    this.socket?.setTimeout?.(ms)
    return this
  }
}

function start(
  request: Request,
  input: string | URL | RequestOptions,
  given: RequestOptions | Listener | undefined,
  listener: Listener | undefined,
): void {
  const fromUrl = typeof input === 'string' || input instanceof URL ? optionsOf(new URL(input)) : undefined
  const onResponse = listener ?? [given, input].find(part => typeof part === 'function')
  const options: RequestOptions = {
    ...fromUrl,
    ...(fromUrl ? undefined : (input as RequestOptions)),
    ...(typeof given === 'object' ? given : undefined),
  }
  const defaultAgent = (options._defaultAgent ?? http.globalAgent) as AgentLike
  const agent = typeof options.agent === 'object' && options.agent !== null ? options.agent : undefined
  const expected = agent?.protocol ?? defaultAgent.protocol ?? 'http:'
  const protocol = options.protocol ?? expected
  if (protocol !== expected) {
    throw codedError(
      'ERR_INVALID_PROTOCOL',
      `Protocol "${protocol}" not supported. Expected "${expected}"`,
      TypeError,
    )
  }
  if (options.socketPath) {
    throw codedError(
      'ERR_METHOD_NOT_IMPLEMENTED',
      `${options.socketPath} is a socket of this machine: a function runs in an isolate, which has none`,
    )
  }
  const path = options.path || '/'
  if (/[^\u0021-\u00ff]/.test(path)) {
    throw codedError('ERR_UNESCAPED_CHARACTERS', 'Request path contains unescaped characters', TypeError)
  }
  const method = (options.method ?? 'GET').toUpperCase()
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method)) {
    throw codedError('ERR_INVALID_HTTP_TOKEN', `Method must be a valid HTTP token ["${method}"]`, TypeError)
  }
  const defaultPort = options.defaultPort ?? agent?.defaultPort ?? (protocol === 'https:' ? 443 : 80)
  request.protocol = protocol
  request.host = options.hostname || options.host || 'localhost'
  request.port = options.port || defaultPort
  request.path = path
  request.method = method
  request.agent = agent ?? (options.agent === false ? undefined : defaultAgent)
  request.aborted = false
  request.reusedSocket = false
  request.maxHeadersCount = null
  request.res = null
  request.timeout = options.timeout
  request.joinDuplicateHeaders = options.joinDuplicateHeaders ?? false
  request.upgradeOrConnect = false
  request._ended = false
  request.useChunkedEncodingByDefault = !['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'].includes(
    method,
  )
  if (onResponse) request.once('response', onResponse as Listener)
  setHeaders(request, options, Number(defaultPort))

  const isUpgrade =
    request.hasHeader('upgrade') && /\bupgrade\b/i.test(String(request.getHeader('connection')))
  request._exchange =
    options.createConnection || isUpgrade || method === 'CONNECT'
      ? new SocketExchange(request, options)
      : new FetchExchange(request)
  request.socket = request._exchange.socket
  if (request.timeout) request.socket.setTimeout?.(request.timeout)
  request.socket.on('timeout', () => request.emit('timeout'))
  // Callers listen for it after they have the request.
  process.nextTick(() => {
    if (request.destroyed) return
    request.emit('socket', request.socket)
    if (request._exchange.write && /\b100-continue\b/i.test(String(request.getHeader('expect'))))
      request.emit('continue')
  })
  abortWith(request, options.signal)
}

function setHeaders(request: Request, options: RequestOptions, defaultPort: number): void {
  const { headers = {}, auth } = options
  if (Array.isArray(headers)) {
    for (let at = 0; at + 1 < headers.length; at += 2) request.appendHeader(headers[at], headers[at + 1])
  } else {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) request.setHeader(name, value)
    }
  }
  if (!request.hasHeader('host') && (options.setHost ?? options.setDefaultHeaders !== false)) {
    const host =
      request.host.includes(':') && !request.host.startsWith('[') ? `[${request.host}]` : request.host
    request.setHeader('Host', Number(request.port) === defaultPort ? host : `${host}:${request.port}`)
  }
  if (auth && !request.hasHeader('authorization')) {
    request.setHeader('Authorization', `Basic ${Buffer.from(auth).toString('base64')}`)
  }
}

function abortWith(request: Request, signal: AbortSignal | undefined): void {
  if (!signal) return
  const abort = () => {
    const error = codedError('ABORT_ERR', 'The operation was aborted', Error, { cause: signal.reason })
    error.name = 'AbortError'
    request.destroy(error)
  }
  if (signal.aborted) process.nextTick(abort)
  else signal.addEventListener('abort', abort, { once: true })
}

/** https://nodejs.org/docs/latest-v22.x/api/url.html#urlurltohttpoptionsurl */
export function optionsOf(url: URL): RequestOptions {
  return {
    protocol: url.protocol,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    path: `${url.pathname}${url.search}`,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username || url.password
      ? { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }
      : {}),
  }
}

export type ClientRequest = Request
export const ClientRequest = callableClass(named(Request, 'ClientRequest'), Stream)
