import { Duplex } from 'node:stream'
import { codedError } from '../package-files.ts'
import type { ClientRequest, Exchange } from './client-request.ts'
import { IncomingMessage, type SocketLike } from './incoming-message.ts'
import type { Callback, Sink } from './outgoing-message.ts'

/** A body is sent whole when it is no longer than this, so that the receiver is told its length. */
const WHOLE_BYTES = 1024 * 1024

/** What `fetch` sets itself, or has no use for. */
const OWN = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'expect',
  'proxy-connection',
])

/**
 * Sends a request by `fetch`, which is a function's way out: a call to AWS gets its role's credentials there, which it
 * would not on a socket.
 */
export class FetchExchange implements Exchange {
  readonly socket: Sink & FetchSocket
  readonly #request: ClientRequest
  readonly #abort = new AbortController()
  #chunks: Uint8Array[] = []
  #bytes = 0
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined

  constructor(request: ClientRequest) {
    this.#request = request
    this.socket = new FetchSocket(request) as FetchSocket & Sink
  }

  write(chunk: Uint8Array, callback: Callback | undefined): boolean {
    this.socket.active()
    if (this.#writer) return this.#writeOn(chunk, callback)
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (callback) process.nextTick(callback)
    if (this.#bytes <= WHOLE_BYTES) return true
    this.flush()
    return false
  }

  #writeOn(chunk: Uint8Array, callback: Callback | undefined): boolean {
    const request = this.#request
    this.#writer!.write(chunk).then(
      () => {
        callback?.()
        if (!request._needDrain) return
        request._needDrain = false
        request.emit('drain')
      },
      error => callback?.(error as Error),
    )
    return (this.#writer!.desiredSize ?? 0) > 0
  }

  /** The answer may come before the body ends. */
  flush(): void {
    if (this.#writer || !mayHaveBody(this.#request.method)) return
    const length = Number(this.#request.getHeader('content-length') ?? Number.NaN)
    const { readable, writable } = Number.isNaN(length)
      ? new TransformStream<Uint8Array, Uint8Array>()
      : new FixedLengthStream(length)
    this.#writer = writable.getWriter()
    for (const chunk of this.#chunks) this.#writeOn(chunk, undefined)
    this.#chunks = []
    void this.#send(readable)
  }

  end(finished: Callback): void {
    process.nextTick(finished)
    if (this.#writer) {
      this.#writer.close().catch(() => {})
      return
    }
    const body = mayHaveBody(this.#request.method) && this.#bytes > 0 ? Buffer.concat(this.#chunks) : null
    this.#chunks = []
    void this.#send(body)
  }

  destroy(error?: Error): void {
    this.socket.destroy(error)
    this.#abort.abort(error)
  }

  async #send(body: Uint8Array | ReadableStream | null): Promise<void> {
    const request = this.#request
    if (request.destroyed) return
    const url = urlOf(request)
    const headers = new Headers()
    for (const [name, value] of request._setHeaders()) {
      const key = name.toLowerCase()
      if (OWN.has(key) || (key === 'host' && value === url.host)) continue
      for (const one of [value].flat()) headers.append(name, String(one))
    }
    let response: Response
    try {
      response = await fetch(url, {
        method: request.method,
        headers,
        body: body as BodyInit | null,
        signal: this.#abort.signal,
        redirect: 'manual',
        // As it came: programs unpack it themselves.
        encodeResponseBody: 'manual',
      } as RequestInit)
    } catch (error) {
      if (!request.destroyed) request._fail(networkError(error, request))
      return
    }
    if (request.destroyed) {
      await response.body?.cancel().catch(() => {})
      return
    }
    this.socket.active()
    const message = messageOf(response, this.socket)
    process.nextTick(() => request._answer(message))
  }
}

const mayHaveBody = (method: string) => method !== 'GET' && method !== 'HEAD'

function urlOf({ protocol, host, port, path }: ClientRequest): URL {
  const url = new URL(
    `${protocol}//${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
  )
  // A path may look like a URL of its own: `//other`.
  const [, pathname, search] = /^([^?#]*)(\?[^#]*)?/.exec(path.startsWith('/') ? path : `/${path}`)!
  url.pathname = pathname!
  url.search = search ?? ''
  return url
}

function messageOf(response: Response, socket: FetchSocket): IncomingMessage {
  const message = new IncomingMessage(socket as unknown as SocketLike)
  message.statusCode = response.status
  message.statusMessage = response.statusText
  for (const [name, value] of response.headers) message.rawHeaders.push(name, value)
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined
  let isReading = false
  message._read = () => {
    if (isReading) return
    isReading = true
    message._consuming = true
    if (!reader) {
      message.complete = true
      message.push(null)
      return
    }
    const take = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
      isReading = false
      socket.active()
      if (done) {
        message.complete = true
        socket.setTimeout(0)
        message.push(null)
      } else message.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
    }
    const fail = (error: unknown) => {
      message.destroy(Object.assign(new Error('aborted', { cause: error }), { code: 'ECONNRESET' }))
    }
    // What listeners throw is the program's own.
    reader.read().then(piece => process.nextTick(take, piece), fail)
  }
  const destroy = message._destroy.bind(message)
  message._destroy = (error, callback) => {
    if (!message.complete) reader?.cancel().catch(() => {})
    socket.setTimeout(0)
    destroy(error, callback)
  }
  return message
}

/** With the code that programs look for. workerd tells the reasons by their sentences only. */
export function networkError(cause: unknown, { host, port }: Pick<ClientRequest, 'host' | 'port'>): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const code = /lookup|DNS|resolve|getaddrinfo/i.test(reason)
    ? 'ENOTFOUND'
    : /refused|cannot connect|internal error/i.test(reason)
      ? 'ECONNREFUSED'
      : 'ECONNRESET'
  const what = code === 'ENOTFOUND' ? `getaddrinfo ENOTFOUND ${host}` : `connect ${code} ${host}:${port}`
  const error = codedError(code, code === 'ECONNRESET' ? `${code}: ${reason}` : what, Error, { cause })
  return Object.assign(error, {
    syscall: code === 'ENOTFOUND' ? 'getaddrinfo' : 'connect',
    ...(code === 'ENOTFOUND' ? { hostname: host } : { address: host, port: Number(port) }),
  })
}

/** Stands for the socket that libraries ask about time-outs and addresses; nothing is read from it. */
class FetchSocket extends Duplex {
  connecting = false
  readonly encrypted: boolean
  readonly authorized: boolean
  readonly remoteAddress: string
  readonly remotePort: number
  timeout = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ protocol, host, port }: ClientRequest) {
    super({ autoDestroy: false, emitClose: false })
    this.encrypted = protocol === 'https:'
    this.authorized = this.encrypted
    this.remoteAddress = host
    this.remotePort = Number(port)
  }

  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, callback: () => void): void {
    callback()
  }

  /** Something happened: the time-out begins anew. */
  active(): void {
    if (this.timeout > 0) this.setTimeout(this.timeout)
  }

  setTimeout(ms: number, callback?: () => void): this {
    clearTimeout(this.#timer)
    this.timeout = ms
    if (callback) this.once('timeout', callback)
    if (ms > 0) this.#timer = setTimeout(() => this.emit('timeout'), ms)
    return this
  }

  override _destroy(_error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    callback()
  }

  address(): object {
    return {}
  }
  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
}
