import { connect } from 'node:net'

export interface LoadResult {
  readonly requests: number
  /** Requests per second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Answers other than 200, by status. */
  readonly other: ReadonlyMap<number, number>
}

/**
 * Sends one request over and over on `connections` sockets for `ms` milliseconds, one request in flight on each.
 * It reads no more of HTTP than it must (a status line and a content length), so that on two cores the server and
 * not the client is what is measured.
 */
export async function load(
  target: { host: string; port: number },
  request: string,
  connections: number,
  ms: number,
): Promise<LoadResult> {
  const latencies: number[] = []
  const other = new Map<number, number>()
  const bytes = Buffer.from(request)
  const started = performance.now()
  const ends = started + ms
  await Promise.all(Array.from({ length: connections }, () => drive(target, bytes, ends, latencies, other)))
  const seconds = (performance.now() - started) / 1000
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    requests: latencies.length,
    rate: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    other,
  }
}

function drive(
  target: { host: string; port: number },
  request: Buffer,
  ends: number,
  latencies: number[],
  other: Map<number, number>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, target.host)
    socket.setNoDelay(true)
    let sentAt = 0
    let buffered = ''
    const send = () => {
      sentAt = performance.now()
      socket.write(request)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.on('data', chunk => {
      buffered += chunk.toString('latin1')
      const head = buffered.indexOf('\r\n\r\n')
      if (head < 0 || !isComplete(buffered, head)) return
      const status = Number(buffered.slice(9, 12))
      if (status !== 200) other.set(status, (other.get(status) ?? 0) + 1)
      const now = performance.now()
      latencies.push(now - sentAt)
      buffered = ''
      if (now < ends) send()
      else socket.end()
    })
  })
}

/** Whether the body is all there: by its length or by the last chunk's mark. */
function isComplete(text: string, head: number): boolean {
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))
  if (length) return text.length >= head + 4 + Number(length[1])
  return text.endsWith('0\r\n\r\n')
}
