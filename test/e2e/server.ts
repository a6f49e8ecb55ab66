import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyFreePort } from '../../cli/claim-port.ts'
import { killTree } from './process-tree.ts'

export interface WeirOptions {
  /** Variables of the worker, as `--var NAME:value` sets them. */
  readonly vars?: Readonly<Record<string, string>>
  /** A directory to keep data in; without it, one that goes with the server. */
  readonly persistTo?: string
  /** Further flags for `wrangler dev`. */
  readonly flags?: ReadonlyArray<string>
}

/** A real Weir, by its address alone. */
export interface Weir extends AsyncDisposable {
  /** `http://localhost:PORT` */
  readonly url: string
  readonly port: number
  /** Configuration for any `@aws-sdk/client-*`, with the local credentials. A call is tried once. */
  readonly sdk: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
}

/** A real Weir: `npm run dev` on a free port. */
export interface WeirServer extends Weir {
  readonly persistTo: string
  /** The command's process. */
  readonly pid: number
  /** Once it has ended; null when a signal ended it. */
  exitCode(): Promise<number | null>
  /** What it has written since it was last started. */
  output(): string
  /** Ends it as a user would, with SIGTERM. */
  stop(): Promise<void>
  /** SIGKILL for every process of it. */
  kill9(): Promise<void>
  /** On the same port and data, after {@link stop} or {@link kill9}. */
  restart(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')
const READY = / is ready at /

export async function startWeir(options: WeirOptions = {}): Promise<WeirServer> {
  const own = options.persistTo ? undefined : mkdtempSync(join(tmpdir(), 'weir-'))
  const persistTo = options.persistTo ?? own!
  const { port, args, running: started } = await startOnFreePort(options, persistTo)
  let running = started
  const url = `http://localhost:${port}`
  const stop = async () => {
    if (await running.end('SIGTERM')) return
    throw new Error(`the server did not end:\n${running.output()}`)
  }
  return {
    url,
    port,
    persistTo,
    sdk: {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    get pid() {
      return running.pid
    },
    exitCode: () => running.ended,
    output: () => running.output(),
    stop,
    kill9: async () => {
      killTree(running.pid)
      await running.ended
    },
    restart: async () => {
      running = await run('dev', args, READY)
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      if (own) rmSync(own, { recursive: true, force: true })
    },
  }
}

/** A port that was free may be taken a moment later, by somebody's call to somewhere: then by another one. */
async function startOnFreePort(options: WeirOptions, persistTo: string) {
  for (let tries = 1; ; tries++) {
    const port = await anyFreePort()
    const args = [
      ...['--port', String(port), '--persist-to', persistTo],
      // What functions log is not what a server's output is looked at for.
      ...Object.entries({ WEIR_PRINT_LOGS: '0', ...options.vars }).flatMap(([name, value]) => [
        '--var',
        `${name}:${value}`,
      ]),
      ...(options.flags ?? []),
    ]
    try {
      return { port, args, running: await run('dev', args, READY) }
    } catch (error) {
      if (tries === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

let lent: Promise<WeirServer> | undefined

/**
 * A Weir in which the local account has nothing, for files that ask for no more: those that run one after the other in
 * the same process get the same one, which goes with that process.
 */
export async function borrowWeir(): Promise<Weir> {
  lent ??= startWeir()
  const { url, port, sdk } = await lent
  const response = await fetch(`${url}/_weir/reset`, { method: 'POST' })
  if (!response.ok) throw new Error(`reset answered ${response.status} ${await response.text()}`)
  return { url, port, sdk, [Symbol.asyncDispose]: async () => {} }
}

/** A command of `cli/` that runs. */
export interface Running {
  readonly pid: number
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>
  output(): string
  /** Sends the signal; false when nothing came of it within 5 s. */
  end(signal: NodeJS.Signals): Promise<boolean>
}

/** Starts `cli/<name>.ts` and waits until it has written what is expected; fails with what it wrote if it ends first. */
export async function run(
  name: 'dev' | 'start',
  args: ReadonlyArray<string>,
  expected: RegExp,
): Promise<Running> {
  const child = spawn(process.execPath, [join(ROOT, `cli/${name}.ts`), ...args], {
    cwd: ROOT,
    env: commandEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (expected.test(output)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('close', code => reject(new Error(`${name} ended with ${code}:\n${output}`)))
  })
  return { pid: child.pid!, ended, output: () => output, end: signal => endBy(child, ended, signal) }
}

async function endBy(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals): Promise<boolean> {
  child.kill(signal)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>(resolve => {
    timer = setTimeout(resolve, 5000, false)
  })
  const done = await Promise.race([ended.then(() => true), late])
  clearTimeout(timer)
  return done
}

/** The environment of a user who types the command, not of a test runner; the server goes when the runner goes. */
function commandEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, VITEST, VITEST_MODE, VITEST_POOL_ID, VITEST_WORKER_ID, TEST, INIT_CWD, ...rest } =
    process.env
  return { ...rest, npm_lifecycle_event: 'test' }
}
