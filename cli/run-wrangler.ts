import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A running wrangler. */
export interface Wrangler {
  /** Its processes that run, as far as is known by now. */
  readonly servers: ReadonlySet<number>
  /** Once nothing of it is left; `asked` is whether {@link stop} was called before. */
  readonly ended: Promise<{ readonly asked: boolean; readonly code: number | null }>
  /** Ends every process of it; at once, or after two seconds at most if it hangs. */
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, '..')
const GRACE_MS = 2000

// Documented switches (developers.cloudflare.com/workers/wrangler/system-environment-variables). Weir on a laptop asks
// nothing of the network, and says only what its user has to know.
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // esbuild would start another process from a thread of its own, which nobody ends or reaps.
  ESBUILD_WORKER_THREADS: '0',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  // Experimental in this wrangler, and on unless told otherwise: it would keep a trace of every request on disk.
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
}

/**
 * Starts wrangler with `args` on the Node that runs this, whatever the host's is. What it writes comes line by line to
 * `show`, nothing left out; `onServer` hears of its processes as they start
 * and end.
 */
export function runWrangler(
  args: ReadonlyArray<string>,
  persistTo: string,
  show: (line: string, to: 'stdout' | 'stderr') => void,
  onServer: (servers: ReadonlySet<number>) => void,
): Wrangler {
  const servers = new Set<number>()
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--import',
      new URL('end-with-parent.ts', import.meta.url).href,
      createRequire(import.meta.url).resolve('wrangler'),
      ...args,
    ],
    {
      cwd: ROOT,
      env: {
        ...QUIET,
        WRANGLER_LOG_PATH: join(persistTo, 'logs'),
        WRANGLER_REGISTRY_PATH: join(persistTo, 'registry'),
        ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
        ...process.env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own group: Ctrl+C in a terminal signals a whole group, and then wrangler would end before its children.
      detached: true,
    },
  )
  let asked = false
  for (const name of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[name]! }).on('line', line => {
      // Its complaints about being stopped are nobody's business.
      if (!asked) show(line, name)
    })
  }
  child.on('message', (message: { started?: number; ended?: number }) => {
    if (message.started) servers.add(message.started)
    else if (message.ended) servers.delete(message.ended)
    else return
    onServer(servers)
  })
  const ended = new Promise<{ asked: boolean; code: number | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => {
      // Nothing is left of an orderly end; after a crash its children hold the port.
      if (!asked) endOrphans(servers)
      resolve({ asked, code })
    })
  })
  return {
    servers,
    ended,
    stop: async () => {
      asked = true
      if (!askToStop(child)) return
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        endOrphans(servers)
      }, GRACE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function askToStop(child: ChildProcess): boolean {
  if (child.exitCode !== null || child.signalCode !== null) return false
  if (child.connected) child.send('stop', () => {})
  else child.kill('SIGKILL')
  return true
}

export function endOrphans(processes: Iterable<number>): void {
  for (const id of processes) {
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
}
