import { type ChildProcess, spawn } from 'node:child_process'
import type { Server } from 'node:net'
import { createInterface } from 'node:readline'

/** A Node program that serves, and the processes it has started. */
export interface RunningServer {
  /** Its processes that run, as far as is known by now. */
  readonly servers: ReadonlySet<number>
  /** Once nothing of it is left; `asked` is whether {@link stop} was called before. */
  readonly ended: Promise<{ readonly asked: boolean; readonly code: number | null }>
  /** Ends every process of it; at once, or after two seconds at most if it hangs. */
  stop(): Promise<void>
}

export interface ServerProgram {
  readonly script: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Handed over with the first message, to be listened on. */
  readonly listener?: Server
  /** What it writes comes line by line, nothing left out. */
  readonly show: (line: string, to: 'stdout' | 'stderr') => void
  /** Hears of its processes as they start and end. */
  readonly onServer: (servers: ReadonlySet<number>) => void
}

const GRACE_MS = 2000

/** Starts a program on the Node that runs this, whatever the host's is. */
export function runServer(program: ServerProgram): RunningServer {
  const servers = new Set<number>()
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--import',
      new URL('end-with-parent.ts', import.meta.url).href,
      program.script,
      ...program.args,
    ],
    {
      cwd: program.cwd,
      env: program.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own group: Ctrl+C in a terminal signals a whole group, and then it would end before its children.
      detached: true,
    },
  )
  if (program.listener) child.send('listen', program.listener)
  let asked = false
  for (const name of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[name]! }).on('line', line => {
      // Its complaints about being stopped are nobody's business.
      if (!asked) program.show(line, name)
    })
  }
  child.on('message', (message: { started?: number; ended?: number }) => {
    if (message.started) servers.add(message.started)
    else if (message.ended) servers.delete(message.ended)
    else return
    program.onServer(servers)
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
