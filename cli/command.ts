import { CannotStart } from './cannot-start.ts'
import { type DevFlags, readDevFlags } from './dev-flags.ts'
import { type Terminal, terminal } from './terminal.ts'
import { triggerSchedule } from './trigger-schedule.ts'
import { launchWeir, type Weir } from './weir.ts'

export interface Running {
  readonly weir: Weir
  readonly flags: DevFlags
  readonly out: Terminal
  /** Since the command was called. */
  seconds(): string
}

/**
 * What `npm run dev` and `npm start` have in common: start Weir, do `whenReady`, stay until it is told to end, and
 * leave nothing behind. Exits 0 when it was asked to end (SIGINT, SIGTERM, SIGHUP), 1 when it could not start.
 */
export async function runCommand(
  command: string,
  whenReady: (running: Running) => Promise<void>,
): Promise<never> {
  const out = terminal(process.stdout)
  let weir: Weir | undefined
  let ending = false
  const end = async () => {
    ending = true
    out.progress(undefined)
    await weir?.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  endWithNpm(end)
  try {
    out.progress('Starting Weir')
    const flags = readDevFlags(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd())
    weir = await launchWeir(flags, command, (line, to) => out.line(line, to))
    if (ending) await end()
    await weir.ready
    triggerSchedule(weir.address)
    await whenReady({ weir, flags, out, seconds: () => (performance.now() / 1000).toFixed(1) })
    const { asked, what } = await weir.ended
    // Asked: `end` is about to exit.
    if (asked) return await new Promise(() => {})
    throw new CannotStart(`${what} ended unexpectedly; what it said is above.`)
  } catch (error) {
    if (ending) return await new Promise(() => {})
    out.progress(undefined)
    console.error(error instanceof CannotStart ? terminal(process.stderr).style('red', error.message) : error)
    await weir?.stop()
    process.exit(1)
  }
}

/**
 * npm runs a script through a shell, which would not pass signals on: so the scripts in package.json say `exec`, and npm
 * itself signals this process. What cannot be passed on is SIGKILL. Under npm, a parent that is gone means that the
 * command is over; elsewhere it may mean `nohup`.
 */
function endWithNpm(end: () => void): void {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, 200)
  timer.unref()
}
