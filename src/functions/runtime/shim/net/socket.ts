import { connect } from 'cloudflare:sockets'
import { Duplex } from 'node:stream'
import {
  ByteReader,
  CONNECTION_DOOR,
  type ConnectionOutcome,
  type ConnectionWish,
  DATA,
  frame,
  METERED_BYTES,
  READ,
} from '../../../connection-frames.ts'
import { callableClass } from '../http/callable-class.ts'
import { named } from '../http/incoming-message.ts'
import { codedError } from '../package-files.ts'

type Callback = (error?: Error | null) => void
type Lookup = (
  host: string,
  options: object,
  callback: (error: Error | null, address: string | { address: string }[]) => void,
) => void

export interface ConnectOptions {
  host?: string | null
  port?: number | string
  path?: string
  lookup?: Lookup
  family?: number
  hints?: number
  timeout?: number
  signal?: AbortSignal
  allowHalfOpen?: boolean
  [other: string]: unknown
}

/** What a socket reads from and writes to. */
export interface Connection {
  raw: ReturnType<typeof connect>
  reader: ByteReader
  writer: WritableStreamDefaultWriter<Uint8Array>
}

const open = new Set<TcpSocket>()

/**
 * Ends the connections that are left from an earlier call, as servers do with idle ones: Workers tie a connection to
 * the call that opened it, and pools open another one when they have seen the end of theirs.
 */
export async function closeConnections(): Promise<void> {
  if (open.size === 0) return
  for (const socket of open) {
    // Nothing can be done with what belongs to an ended call, not even closing it.
    socket._connection = null
    socket.destroy()
  }
  open.clear()
  // Until the pools have seen it.
  await new Promise(resolve => setImmediate(resolve))
}

/** A TCP connection: Node's `net.Socket`, over the isolate's door. */
class TcpSocket extends Duplex {
  declare connecting: boolean
  declare timeout: number | undefined
  declare bytesRead: number
  declare bytesWritten: number
  declare remoteAddress: string | undefined
  declare remotePort: number | undefined
  declare remoteFamily: string | undefined
  declare localAddress: string | undefined
  declare localPort: number | undefined
  declare encrypted: boolean
  declare _host: string | null
  declare _hadError: boolean
  declare _connection: Connection | null
  declare _handle: object | null
  declare _parent: TcpSocket | null
  declare _timer: ReturnType<typeof setTimeout> | undefined
  declare _isReading: boolean

  constructor(options: ConnectOptions = {}) {
    super({ allowHalfOpen: options.allowHalfOpen ?? false, emitClose: false, autoDestroy: true })
    this.initialize(options)
  }

  initialize(options: ConnectOptions = {}): void {
    this.connecting = false
    this.timeout = undefined
    this.bytesRead = 0
    this.bytesWritten = 0
    this.remoteAddress = undefined
    this.remotePort = undefined
    this.remoteFamily = undefined
    this.localAddress = undefined
    this.localPort = undefined
    this.encrypted = false
    this._host = null
    this._hadError = false
    this._connection = null
    this._handle = null
    this._parent = null
    this._timer = undefined
    this._isReading = false
    if (options.signal) {
      const abort = () => this.destroy(abortError(options.signal!))
      if (options.signal.aborted) process.nextTick(abort)
      else options.signal.addEventListener('abort', abort, { once: true })
    }
  }

  get pending(): boolean {
    return !this._connection || this.connecting
  }
  get readyState(): string {
    if (this.connecting) return 'opening'
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }
  get bufferSize(): number {
    return this.writableLength
  }
  get _bytesDispatched(): number {
    return this.bytesWritten
  }

  connect(...args: unknown[]): this {
    const [options, callback] = normalizeArguments(args)
    if (callback) this.once('connect', callback)
    if (options.timeout) this.setTimeout(options.timeout)
    this.connecting = true
    this._open(options).catch(error => this.destroy(error as Error))
    return this
  }

  /** What is asked of the door; with TLS a name is added. */
  _wish(options: ConnectOptions): ConnectionWish {
    return { host: options.host || 'localhost', port: Number(options.port) }
  }

  async _open(options: ConnectOptions): Promise<void> {
    const wish = this._wish(options)
    if (options.path !== undefined) {
      throw codedError(
        'EACCES',
        `connect EACCES ${options.path}: a function runs in an isolate, which has no sockets in its file system`,
      )
    }
    if (!Number.isInteger(wish.port) || wish.port < 0 || wish.port > 65535) {
      throw codedError(
        'ERR_SOCKET_BAD_PORT',
        `Port should be >= 0 and < 65536. Received ${String(options.port)}.`,
        RangeError as never,
      )
    }
    this._host = wish.host
    if (options.lookup && !isAddress(wish.host)) wish.host = await lookUp(options, wish.host)
    if (this.destroyed) return
    const raw = connect(CONNECTION_DOOR, { allowHalfOpen: true, secureTransport: 'off' })
    raw.closed.catch(() => {})
    open.add(this)
    this._handle = {}
    this._connection = {
      raw,
      reader: new ByteReader(raw.readable as ReadableStream<Uint8Array>),
      writer: raw.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>,
    }
    this.remoteAddress = wish.host
    this.remotePort = wish.port
    this.remoteFamily = wish.host.includes(':') ? 'IPv6' : 'IPv4'
    await this._connection.writer.write(new TextEncoder().encode(`${JSON.stringify(wish)}\n`))
    await this._awaitOutcome()
    if (this.destroyed) return
    this.localAddress = '127.0.0.1'
    this.localPort = 32768
    process.nextTick(() => this._opened())
  }

  async _awaitOutcome(): Promise<void> {
    const line = await this._connection!.reader.line().catch(() => undefined)
    if (line === undefined) throw codedError('ECONNRESET', 'read ECONNRESET')
    const { code, message } = JSON.parse(line) as ConnectionOutcome
    if (code === undefined) return
    const [address, port] = [this.remoteAddress, this.remotePort]
    const syscall = code === 'ENOTFOUND' ? 'getaddrinfo' : 'connect'
    throw Object.assign(codedError(code, message!), { syscall, address, port, hostname: this._host })
  }

  _opened(): void {
    if (this.destroyed) return
    this.connecting = false
    this._active()
    this.emit('connect')
    this.emit('ready')
    setImmediate(() => this._resumeReading())
  }

  override _read(_size: number): void {
    if (this.connecting || !this._connection) this.once('connect', () => this._resumeReading())
    else this._resumeReading()
  }

  _resumeReading(): void {
    if (this._isReading || this.destroyed || !this._connection) return
    this._isReading = true
    this._readOn(this._connection).catch(rethrow)
  }

  _isMetered(): boolean {
    return !this.encrypted && this.bytesRead < METERED_BYTES
  }

  async _readOn(connection: Connection): Promise<void> {
    for (;;) {
      // Whoever begins TLS does it in answer to what was read last.
      if (this._isMetered() && this.bytesRead > 0) await new Promise(resolve => setImmediate(resolve))
      if (this._connection !== connection) break
      if (this._isMetered()) void connection.writer.write(frame(READ, [])).catch(() => {})
      const isMore = await connection.reader.ready().catch(() => undefined)
      // Handed on to a socket that begins TLS over it: what comes is for that one.
      if (this._connection !== connection) break
      if (isMore === undefined) {
        this.destroy(Object.assign(codedError('ECONNRESET', 'read ECONNRESET'), { syscall: 'read' }))
        break
      }
      this._active()
      if (!isMore) {
        this.push(null)
        // Node's sockets end, and so close, although nobody reads them.
        if (this.readableLength === 0) this.read(0)
        break
      }
      const piece = connection.reader.take()
      this.bytesRead += piece.length
      if (!this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))) break
    }
    this._isReading = false
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: Callback): void {
    this._send([chunk], callback)
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: Callback): void {
    this._send(
      chunks.map(({ chunk }) => chunk),
      callback,
    )
  }

  _send(pieces: Uint8Array[], callback: Callback): void {
    if (this.connecting) {
      this.once('connect', () => this._send(pieces, callback))
      return
    }
    if (!this._connection) {
      callback(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'))
      return
    }
    this._active()
    const bytes = frame(DATA, pieces)
    this._connection.writer.write(bytes).then(
      () => {
        this.bytesWritten += bytes.length
        callback()
      },
      () => callback(Object.assign(codedError('EPIPE', 'write EPIPE'), { syscall: 'write' })),
    )
  }

  override _final(callback: Callback): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback))
      return
    }
    if (!this._connection) callback()
    else
      this._connection.writer.close().then(
        () => callback(),
        () => callback(),
      )
  }

  override _destroy(error: Error | null, callback: Callback): void {
    clearTimeout(this._timer)
    open.delete(this)
    this.connecting = false
    const connection = this._connection
    this._connection = null
    this._handle = null
    if (connection) {
      connection.writer.abort().catch(() => {})
      void connection.reader.cancel()
      connection.raw.close().catch(() => {})
    }
    this._hadError = error !== null
    callback(error)
    process.nextTick(() => this.emit('close', error !== null))
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  _active(): void {
    if (this.timeout) this.setTimeout(this.timeout)
  }

  setTimeout(ms: number, callback?: () => void): this {
    clearTimeout(this._timer)
    this.timeout = ms
    if (ms > 0) {
      if (callback) this.once('timeout', callback)
      this._timer = setTimeout(() => this.emit('timeout'), ms)
    } else if (callback) this.removeListener('timeout', callback)
    return this
  }

  setKeepAlive(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setTypeOfService(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  address(): object {
    return this.localAddress ? { address: this.localAddress, port: this.localPort, family: 'IPv4' } : {}
  }
}

/** What a listener throws is the program's own, not a fault of the connection. */
function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

export const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')

const abortError = (signal: AbortSignal) =>
  Object.assign(codedError('ABORT_ERR', 'The operation was aborted', Error, { cause: signal.reason }), {
    name: 'AbortError',
  })

function lookUp({ lookup, family = 0, hints = 0 }: ConnectOptions, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup!(host, { family, hints, all: false }, (error, found) => {
      if (error) reject(error)
      else resolve(typeof found === 'string' ? found : found[0]!.address)
    })
  })
}

/** `(options, callback)`, `(port, host, callback)`, `(path, callback)` */
export function normalizeArguments(
  args: unknown[],
): [options: ConnectOptions, callback: (() => void) | undefined] {
  // Node's own modules pass on what they have normalized already.
  const given = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  const [first, second] = given
  const last = given.findLast(part => typeof part === 'function') as (() => void) | undefined
  if (typeof first === 'object' && first !== null) return [first as ConnectOptions, last]
  if (typeof first === 'string' && Number.isNaN(Number(first))) return [{ path: first }, last]
  const options: ConnectOptions = { port: first as number }
  if (typeof second === 'string') options.host = second
  return [options, last]
}

export type Socket = TcpSocket
export const Socket = callableClass(named(TcpSocket, 'Socket'), Duplex)
