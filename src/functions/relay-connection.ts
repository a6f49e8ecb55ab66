import { connect } from 'cloudflare:sockets'
import { isPrivateHost } from '../lib/private-host.ts'
import {
  ByteReader,
  CONNECTION_DOOR,
  type ConnectionOutcome,
  type ConnectionWish,
  DATA,
  HEADER_BYTES,
  METERED_BYTES,
  READ,
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
  const line = await shortLine(asked)
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

/** Characters of a wish, and bytes of a name: far more than any has. */
const LONGEST = 4096

/** What a function says is held here only as far as it can be meant: this memory is not the function's. */
async function shortLine(asked: ByteReader): Promise<string | undefined> {
  const codes: number[] = []
  while (codes.length < LONGEST) {
    const byte = (await asked.exactly(1))?.[0]
    if (byte === undefined) return undefined
    if (byte === NEWLINE) return new TextDecoder().decode(Uint8Array.from(codes))
    codes.push(byte)
  }
  throw new Error('a connection was asked for as none is')
}

const NEWLINE = 10

const notPublic = (host: string) => `Functions cannot reach ${host}: it is not a public address`

class Relay {
  readonly #asked: ByteReader
  readonly #answer: WritableStreamDefaultWriter<Uint8Array>
  readonly #wish: ConnectionWish
  #outer!: TcpSocket
  #writer!: WritableStreamDefaultWriter<Uint8Array>
  #reader!: ReadableStreamDefaultReader<Uint8Array>
  #isMetered: boolean
  /** Pieces that were asked for and not read yet, and who waits for the next one to be asked for. */
  #asks = 0
  #askedFor: (() => void) | undefined

  constructor(asked: ByteReader, answer: WritableStreamDefaultWriter<Uint8Array>, wish: ConnectionWish) {
    this.#asked = asked
    this.#answer = answer
    this.#wish = wish
    this.#isMetered = wish.servername === undefined
  }

  async run(mayReachPrivate: boolean): Promise<void> {
    const { host, port, servername } = this.#wish
    if (!mayReachPrivate && isPrivateHost(host.includes(':') ? `[${host}]` : host)) {
      await this.#say({ code: 'EACCES', message: notPublic(host) })
      await this.#answer.close()
      return
    }
    try {
      if (servername !== undefined && servername !== host) throw new Error(otherName(servername, this.#wish))
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
      // Both, or the first that breaks off: then the other side is to break off, too, which it does when this ends.
      await Promise.all([this.#up(), down])
    } catch (error) {
      this.#answer.abort(error).catch(() => {})
      void this.#asked.cancel()
      this.#outer.close().catch(() => {})
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
      if (type === DATA) {
        if (!(await this.#send(length))) break
        continue
      }
      if (length > LONGEST) throw new Error('a frame is longer than any is')
      const content = await this.#asked.exactly(length)
      if (!content) break
      if (type === START_TLS) await this.#startTls(new TextDecoder().decode(content))
      else if (type === READ) this.#ask()
    }
    this.#unmeter()
    await this.#writer.close()
  }

  /** As it comes: a frame may be of any length. False when it ends before its time. */
  async #send(length: number): Promise<boolean> {
    for (let left = length; left > 0; ) {
      if (!(await this.#asked.ready())) return false
      const piece = this.#asked.take(left)
      left -= piece.length
      await this.#writer.write(piece)
    }
    return true
  }

  async #down(): Promise<void> {
    let brought = 0
    for (;;) {
      if (this.#isMetered && brought < METERED_BYTES) await this.#mayRead()
      const { done, value } = await this.#reader.read()
      if (done) break
      brought += value.length
      await this.#answer.write(value)
    }
    await this.#answer.close()
  }

  #ask(): void {
    this.#asks++
    this.#askedFor?.()
  }

  async #mayRead(): Promise<void> {
    while (this.#asks === 0 && this.#isMetered) {
      await new Promise<void>(resolve => {
        this.#askedFor = resolve
      })
    }
    this.#asks--
  }

  /** workerd checks the certificate for the name that was connected to, and for no other. */
  async #startTls(servername: string): Promise<void> {
    const [plain, reader, writer] = [this.#outer, this.#reader, this.#writer]
    try {
      if (servername !== this.#wish.host) throw new Error(otherName(servername, this.#wish))
      writer.releaseLock()
      reader.releaseLock()
      const secure = plain.startTls()
      this.#use(secure)
      await secure.opened
    } catch (error) {
      await this.#say(failure(error, this.#wish, true))
      throw error
    }
    await this.#say({})
    this.#unmeter()
  }

  /** TLS has begun, or nothing more can be asked for: reads on. */
  #unmeter(): void {
    this.#isMetered = false
    this.#askedFor?.()
  }

  #say(outcome: ConnectionOutcome): Promise<void> {
    return this.#answer.write(new TextEncoder().encode(`${JSON.stringify(outcome)}\n`))
  }
}

const otherName = (servername: string, { host }: ConnectionWish) =>
  `the certificate of ${host} can only be checked for that name, not for ${servername}`

/** workerd tells why by sentences only; programs look for the codes of Node. */
function failure(cause: unknown, { host, port }: ConnectionWish, isTls: boolean): ConnectionOutcome {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (/lookup|resolve|DNS/i.test(reason)) {
    return { code: 'ENOTFOUND', message: `getaddrinfo ENOTFOUND ${host}` }
  }
  if (isTls && !/cannot connect/i.test(reason)) {
    return { code: 'ERR_TLS_HANDSHAKE', message: `${reason} (${host}:${port})` }
  }
  return { code: 'ECONNREFUSED', message: `connect ECONNREFUSED ${host}:${port}` }
}
