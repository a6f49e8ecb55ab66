import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the back end is: `http://127.0.0.1:{port}`. */
    backEnd: string
  }
}

const MEGABYTE = Buffer.alloc(1024 * 1024, 'x')

/** What has become of requests, by the path's last part, for tests to ask. */
const seen = new Map<string, { calls: number; aborted: number; received: number; ended: boolean }>()

function seenOf(name: string) {
  const known = seen.get(name) ?? { calls: 0, aborted: 0, received: 0, ended: false }
  seen.set(name, known)
  return known
}

type Serve = (request: IncomingMessage, response: ServerResponse, url: URL) => unknown

/** A real server behind integrations over HTTP, by the path's first part. */
const ROUTES: Readonly<Record<string, Serve>> = {
  async echo(request, response) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers, rawHeaders } = request
    const body = Buffer.concat(chunks).toString('base64')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body }))
  },
  /** Counts the bytes that it gets, chunk by chunk, and never holds them. */
  async sink(request, response, url) {
    const record = seenOf(url.pathname)
    try {
      for await (const chunk of request) record.received += (chunk as Buffer).length
      record.ended = true
      response.end(String(record.received))
    } catch {
      record.aborted += 1
    }
  },
  seen(_, response, url) {
    response.end(JSON.stringify(seenOf(url.searchParams.get('path')!)))
  },
  /** Sends the second half only when `/go` was asked for. */
  async halves(_, response, url) {
    const record = seenOf(url.pathname)
    response.write('first,')
    while (record.calls === 0) await sleep(5)
    response.end('second')
  },
  go(_, response, url) {
    seenOf(url.searchParams.get('path')!).calls += 1
    response.end()
  },
  large(_, response, url) {
    let left = Number(url.searchParams.get('mb'))
    const more = (): void => {
      while (left > 0) {
        left -= 1
        if (!response.write(MEGABYTE)) return void response.once('drain', more)
      }
      response.end()
    }
    if (url.searchParams.has('sized')) response.setHeader('content-length', left * MEGABYTE.length)
    more()
  },
  hang(_, response, url) {
    const record = seenOf(url.pathname)
    record.calls += 1
    response.on('close', () => {
      record.aborted += 1
    })
  },
  cut(_, response, url) {
    if (url.searchParams.has('sized')) response.setHeader('content-length', 1000)
    response.write('beginning')
    setTimeout(() => response.destroy(), 20)
  },
  drop(request, _, url) {
    seenOf(url.pathname).calls += 1
    request.socket.destroy()
  },
  zipped(_, response) {
    response.setHeader('content-encoding', 'gzip')
    response.setHeader('content-type', 'application/json')
    response.end(gzipSync('{"name":"Rex"}'))
  },
  redirect(_, response) {
    response.writeHead(307, { location: '/echo' }).end('over there')
  },
  cookies(_, response) {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT']).end()
  },
  head(_, response) {
    response.setHeader('content-length', 1234)
    response.setHeader('content-type', 'text/plain')
    response.end()
  },
  empty(_, response) {
    response.writeHead(204, { etag: '"x"' }).end()
  },
}

export interface BackEnd {
  /** `http://127.0.0.1:{port}` */
  readonly url: string
  stop(): void
}

export async function startBackEnd(): Promise<BackEnd> {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    const serve = ROUTES[url.pathname.split('/')[1]!]
    if (serve) serve(request, response, url)
    else response.writeHead(404).end('no such route')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Of the tests that run inside workerd. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  const { url, stop } = await startBackEnd()
  provide('backEnd', url)
  return stop
}
