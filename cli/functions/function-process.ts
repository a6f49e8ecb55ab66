import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { PING, TOKEN_HEADER } from '../../src/functions/process/protocol.ts'

export interface FunctionProcessOptions {
  /** Of workerd, as {@link writeConfiguration} wrote it. */
  readonly configuration: string
  readonly token: string
  /** Of the Weir that it works for. */
  readonly weir: string
  readonly show: (line: string) => void
}

/** A workerd in which functions run. */
export interface FunctionProcess {
  readonly id: number
  readonly port: number
  readonly agent: Agent
  /** Once it has ended: the name of the signal, if one did it. */
  readonly ended: Promise<NodeJS.Signals | undefined>
  /** True as soon as its thread is free; rejects when it ends before. */
  ping(): Promise<void>
  kill(): void
}

// workerd is a dependency of wrangler's, and has to be the one that wrangler runs.
const workerd = createRequire(createRequire(import.meta.url).resolve('miniflare'))('workerd')
  .default as string

/** workerd closes a connection that is idle for five seconds; a call that is just then sent over it would be lost. */
const IDLE_MS = 3000

/** Starts one; resolves when it takes calls, rejects when it never does. */
export async function startFunctionProcess(options: FunctionProcessOptions): Promise<FunctionProcess> {
  const { configuration, token, weir } = options
  const child = spawn(workerd, ['serve', '--experimental', '--control-fd=3', configuration], {
    env: { ...process.env, WEIR_URL: weir, WEIR_FUNCTIONS_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<NodeJS.Signals | undefined>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (_, signal) => resolve(signal ?? undefined))
  })
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') options.show(line)
    })
  }
  const port = await Promise.race([
    portOf(child),
    ended.then(() => {
      throw new Error('workerd ended before it took calls')
    }),
  ])
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS })
  const running: FunctionProcess = {
    id: child.pid!,
    port,
    agent,
    ended,
    ping: () =>
      new Promise((resolve, reject) => {
        const asking = request(
          { agent, port, host: '127.0.0.1', path: PING, headers: { [TOKEN_HEADER]: token } },
          answer => {
            answer.resume()
            answer.once('end', resolve)
            answer.once('error', reject)
          },
        )
        asking.once('error', reject)
        asking.end()
      }),
    kill: () => {
      child.kill('SIGKILL')
    },
  }
  await running.ping()
  return running
}

/** workerd says on its control channel where it listens: `{"event":"listen","socket":"calls","port":40001}` */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise(resolve => {
    let said = ''
    const control = child.stdio[3] as Readable
    control.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, port] = /"port":\s*(\d+)/.exec(said) ?? []
      if (port) resolve(Number(port))
    })
  })
}
