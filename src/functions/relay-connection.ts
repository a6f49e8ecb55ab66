import { connect } from 'cloudflare:sockets'
import { isPrivateHost } from '../lib/private-host.ts'
import {
  ByteReader,
  CONNECTION_DOOR,
  type ConnectionOutcome,
  type ConnectionWish,
  DATA,
  HEADER_BYTES,
  START_TLS,
} from './connection-frames.ts'

/** What an entrypoint's `connect` gets, and what `connect()` makes. */
type TcpSocket = ReturnType<typeof connect>

/**
 * Connects a function's socket with the server that it asks for, until both sides have ended. See
 * connection-frames.ts; a socket that was opened to an address of its own is joined with that as it is.
 * `mayReachPrivate`: addresses of loopback and of private networks are not refused.
 */
export async function relayConnection(inner: TcpSocket, mayReachPrivate: boolean): Promise<void> {
  const { localAddress } = await inner.opened
  if (localAddress !== CONNECTION_DOOR) return relayPlain(inner, localAddress ?? '', mayReachPrivate)
  const asked = new ByteReader(inner.readable as ReadableStream<Uint8Array>)
  const answer = inner.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>
  const line = await asked.line()
  if (line === undefined) return
  const relay = new Relay(asked, answer, JSON.parse(line) as ConnectionWish)
  await relay.run(mayReachPrivate)
}

async function relayPlain(inner: TcpSocket, address: string, mayReachPrivate: boolean): Promise<void> {
  const host = address.replace(/:\d+$/, '')
  if (!mayReachPrivate && isPrivateHost(host)) throw new Error(notPublic(host))
  const outer = connect(address)
  await Promise.all([inner.readable.pipeTo(outer.writable), outer.readable.pipeTo(inner.writable)])
}

const notPublic = (host: string) => `Functions cannot reach ${host}: it is not a public address`

class Relay {
  readonly #asked: ByteReader
  readonly #answer: WritableStreamDefaultWriter<Uint8Array>
  readonly #wish: ConnectionWish
  #outer!: TcpSocket
  #writer!: WritableStreamDefaultWriter<Uint8Array>
  #reader!: ReadableStreamDefaultReader<Uint8Array>

  constructor(asked: ByteReader, answer: WritableStreamDefaultWriter<Uint8Array>, wish: ConnectionWish) {
    this.#asked = asked
    this.#answer = answer
    this.#wish = wish
  }

  async run(mayReachPrivate: boolean): Promise<void> {
    const { host, port, servername } = this.#wish
    if (!mayReachPrivate && isPrivateHost(host.includes(':') ? `[${host}]` : host)) {
      await this.#say({ code: 'EACCES', message: notPublic(host) })
      await this.#answer.close()
      return
    }
    try {
      this.#use(
        connect(
          { hostname: host.includes(':') ? `[${host}]` : host, port },
          { secureTransport: servername === undefined ? 'starttls' : 'on', allowHalfOpen: true },
        ),
      )
      await this.#outer.opened
    } catch (error) {
      await this.#say(failure(error, this.#wish, servername !== undefined))
      await this.#answer.close()
      return
    }
    await this.#say({})
    const down = this.#down()
    try {
      await this.#up()
      await down
    } catch {
      // One side broke off: so does the other.
      await Promise.all([
        this.#answer.abort().catch(() => {}),
        this.#asked.cancel(),
        this.#outer.close().catch(() => {}),
      ])
      await down.catch(() => {})
    }
  }

  #use(outer: TcpSocket): void {
    this.#outer = outer
    // Told by `opened` and by the streams, too.
    outer.closed.catch(() => {})
    this.#writer = outer.writable.getWriter() as WritableStreamDefaultWriter<Uint8Array>
    this.#reader = outer.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
  }

  async #up(): Promise<void> {
    for (;;) {
      const header = await this.#asked.exactly(HEADER_BYTES)
      if (!header) break
      const type = header[0]
      const length = new DataView(header.buffer, header.byteOffset).getUint32(1)
      const content = await this.#asked.exactly(length)
      if (!content) break
      if (type === DATA) await this.#writer.write(content)
      else if (type === START_TLS) await this.#startTls(new TextDecoder().decode(content))
    }
    await this.#writer.close()
  }

  async #down(): Promise<void> {
    for (;;) {
      const reader = this.#reader
      let piece: ReadableStreamReadResult<Uint8Array>
      try {
        piece = await reader.read()
      } catch (error) {
        // Let go of to begin TLS.
        if (reader !== this.#reader) continue
        throw error
      }
      if (piece.done) break
      await this.#answer.write(piece.value)
    }
    await this.#answer.close()
  }

  async #startTls(servername: string): Promise<void> {
    const [plain, reader, writer] = [this.#outer, this.#reader, this.#writer]
    writer.releaseLock()
    const secure = plain.startTls({ expectedServerHostname: servername })
    this.#use(secure)
    reader.releaseLock()
    try {
      await secure.opened
    } catch (error) {
      await this.#say(failure(error, this.#wish, true))
      throw error
    }
    await this.#say({})
  }

  #say(outcome: ConnectionOutcome): Promise<void> {
    return this.#answer.write(new TextEncoder().encode(`${JSON.stringify(outcome)}\n`))
  }
}

/** workerd tells why by sentences only; programs look for the codes of Node. */
function failure(cause: unknown, { host, port }: ConnectionWish, isTls: boolean): ConnectionOutcome {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (/lookup|resolve|DNS/i.test(reason)) {
    return { code: 'ENOTFOUND', message: `getaddrinfo ENOTFOUND ${host}` }
  }
  if (isTls && /tls|ssl|certificate|handshake/i.test(reason)) {
    return { code: 'ERR_TLS_HANDSHAKE', message: `${reason} (${host}:${port})` }
  }
  return { code: 'ECONNREFUSED', message: `connect ECONNREFUSED ${host}:${port}` }
}
