import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Why a port cannot be had: `EADDRINUSE`, `EACCES`; undefined when it can. */
export type PortRefusal = string | undefined

/**
 * Whether a server can listen on `port` of `host`. Both ways are tried: some systems let a second server listen on one
 * address of a port that another one holds on all of them, and a privileged port answers nobody and still is refused.
 */
export async function portRefusal(port: number, host: string): Promise<PortRefusal> {
  const answers = await Promise.all(['127.0.0.1', '::1'].map(address => accepts(port, address)))
  return answers.includes(true) ? 'EADDRINUSE' : await listenRefusal(port, host)
}

/** The same, asked again until the port is free or `patience` milliseconds are over. */
export async function portRefusalAfter(patience: number, port: number, host: string): Promise<PortRefusal> {
  const end = performance.now() + patience
  for (;;) {
    const refusal = await portRefusal(port, host)
    if (refusal !== 'EADDRINUSE' || performance.now() >= end) return refusal
    await delay(50)
  }
}

/** The first free port after `port`, to be suggested. */
export async function freePortAfter(port: number, host: string): Promise<number> {
  for (let next = port + 1; next <= 65_535; next++) {
    if (!(await portRefusal(next, host))) return next
  }
  return port
}

/** Any port that is free now. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, 'localhost', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host, timeout: 500 })
    const answer = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => answer(true))
    socket.once('timeout', () => answer(false))
    socket.once('error', () => answer(false))
  })
}

function listenRefusal(port: number, host: string): Promise<PortRefusal> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EADDRINUSE'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
