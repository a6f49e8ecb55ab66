import { Duplex } from 'node:stream'
import { type ConnectionWish, frame, START_TLS } from '../../../connection-frames.ts'
import { callableClass } from '../http/callable-class.ts'
import { named } from '../http/incoming-message.ts'
import { type ConnectOptions, isAddress, Socket } from './socket.ts'

export interface TlsOptions extends ConnectOptions {
  socket?: Socket
  servername?: string
}

/**
 * A connection with TLS, which the isolate's door speaks: there the certificate is checked, against the authorities
 * that browsers trust and no others, whatever `ca` and `rejectUnauthorized` say.
 */
class SecureSocket extends Socket {
  declare authorized: boolean
  declare authorizationError: null
  declare alpnProtocol: string | false
  declare servername: string | undefined
  declare secureConnecting: boolean
  declare ssl: object | null
  declare _options: TlsOptions

  constructor(socket?: Socket | null, options: TlsOptions = {}) {
    super(options)
    begin(this, socket, options)
  }

  override initialize(options?: ConnectOptions): void {
    Socket.prototype.initialize.call(this, options)
    this.encrypted = true
    this.authorized = false
    this.authorizationError = null
    this.alpnProtocol = false
    this.servername = undefined
    this.secureConnecting = true
    this.ssl = {}
    this._options = {}
  }

  override _wish(options: ConnectOptions): ConnectionWish {
    const wish = Socket.prototype._wish.call(this, options)
    this.servername = (options as TlsOptions).servername || this.servername || wish.host
    return { ...wish, servername: this.servername }
  }

  override _opened(): void {
    if (this.destroyed) return
    this.secureConnecting = false
    this.authorized = true
    Socket.prototype._opened.call(this)
    this.emit('secureConnect')
    this.emit('secure')
  }

  getPeerCertificate(): object {
    return {}
  }
  getCertificate(): object {
    return {}
  }
  getProtocol(): string | null {
    return this.authorized ? 'TLSv1.3' : null
  }
  getCipher(): object {
    return { name: 'TLS_AES_128_GCM_SHA256', standardName: 'TLS_AES_128_GCM_SHA256', version: 'TLSv1.3' }
  }
  getSession(): undefined {}
  getTLSTicket(): undefined {}
  getEphemeralKeyInfo(): object {
    return {}
  }
  getFinished(): undefined {}
  getPeerFinished(): undefined {}
  getX509Certificate(): undefined {}
  getPeerX509Certificate(): undefined {}
  isSessionReused(): boolean {
    return false
  }
  setSession(): void {}
  setServername(name: string): void {
    this.servername = name
  }
  setMaxSendFragment(): boolean {
    return false
  }
  setKeyCert(): void {}
  disableRenegotiation(): void {}
  enableTrace(): void {}
  renegotiate(): boolean {
    return false
  }
}

function begin(secure: SecureSocket, socket: Socket | null | undefined, options: TlsOptions): void {
  secure._options = options
  secure.servername = options.servername
  if (!socket) return
  secure.connecting = true
  secure._parent = socket
  const failed = (error: Error) => secure.destroy(error)
  socket.once('error', failed)
  const take = () => {
    socket.removeListener('error', failed)
    takeOver(secure, socket, options).catch(failed)
  }
  if (socket.connecting) socket.once('connect', take)
  else take()
}

/** What was a plain connection goes on with TLS; the plain socket has it no more. */
async function takeOver(secure: SecureSocket, socket: Socket, options: TlsOptions): Promise<void> {
  const connection = socket._connection
  if (!connection) throw new Error('the socket is closed')
  const name = options.servername ?? options.host ?? socket._host ?? ''
  socket._connection = null
  secure._connection = connection
  secure._handle = {}
  secure._host = socket._host
  secure.remoteAddress = socket.remoteAddress
  secure.remotePort = socket.remotePort
  secure.remoteFamily = socket.remoteFamily
  secure.servername = isAddress(name) ? socket._host! : name
  await connection.writer.write(frame(START_TLS, [new TextEncoder().encode(secure.servername)]))
  await secure._awaitOutcome()
  process.nextTick(() => secure._opened())
  secure.once('close', () => socket.destroy())
}

export type TLSSocket = SecureSocket
export const TLSSocket = callableClass(named(SecureSocket, 'TLSSocket'), Duplex)
