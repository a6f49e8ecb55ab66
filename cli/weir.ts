import { execFileSync } from 'node:child_process'
import { relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CannotStart } from './cannot-start.ts'
import { claimData, type DataClaim, DataInUse } from './claim-data.ts'
import { freePortAfter, portRefusalAfter } from './claim-port.ts'
import type { DevFlags } from './dev-flags.ts'
import { runFunctions } from './functions/run-functions.ts'
import { noiseFilter } from './known-noise.ts'
import { endOrphans, type RunningServer } from './run-server.ts'
import { runWrangler } from './run-wrangler.ts'

export interface Weir {
  /** `http://localhost:8787`, without a slash at the end. */
  readonly address: string
  /** Once it serves; fails with {@link CannotStart} when it never does. */
  readonly ready: Promise<void>
  /** Once it is gone. `asked` is whether {@link stop} did it; if not, `what` ended. */
  readonly ended: Promise<{ readonly asked: boolean; readonly what: string }>
  /** Ends every process it started. */
  stop(): Promise<void>
}

/** Longer than a slow machine takes for its first build. */
const READY_MS = 60_000
/** A killed Weir's last process notices within milliseconds; then its port is free. */
const PATIENCE_MS = 2000

/** Weir's own choices, for whoever does not choose otherwise on the command line. */
const DEFAULTS: ReadonlyArray<readonly [flag: string, value: string]> = [
  // Requests and bindings are not listed; warnings, errors and `console.error` are.
  ['--log-level', 'warn'],
  // Any free port: the usual one, 9229, belongs to whatever else is being debugged on this machine.
  ['--inspector-port', '0'],
  ['--show-interactive-dev-session', 'false'],
]

/**
 * Starts Weir on this machine. `command` is how it was called (`npm start`), for what is suggested when it cannot
 * start; `show` receives what wrangler has to say.
 */
export async function launchWeir(
  flags: DevFlags,
  command: string,
  show: (line: string, to: 'stdout' | 'stderr') => void,
): Promise<Weir> {
  const claim = await claimDataOrSay(flags, command)
  const previous = claim.left
  endOrphans(previous?.servers.filter(isWorkerd) ?? [])
  const refusal = await portRefusalAfter(
    previous?.port === flags.port ? PATIENCE_MS : 0,
    flags.port,
    flags.host,
  )
  if (refusal) {
    claim.release()
    throw new CannotStart(await portMessage(refusal, flags, command))
  }

  claim.record({ port: flags.port, servers: [] })
  const filters = { stdout: noiseFilter(), stderr: noiseFilter() }
  const parts: RunningServer[] = []
  const onServer = () =>
    claim.record({ port: flags.port, servers: parts.flatMap(({ servers }) => [...servers]) })
  const address = `http://${flags.host}:${flags.port}`
  const functions = await runFunctions(address, flags.persistTo, flags.passedOn, { show, onServer })
  const wrangler = runWrangler(
    [...wranglerArguments(flags), ...functions.args],
    flags.persistTo,
    functions.env,
    {
      show: (line, to) => {
        if (filters[to](line)) show(line, to)
      },
      onServer,
    },
  )
  parts.push(functions, wrangler)
  const stop = async () => {
    await Promise.all(parts.map(part => part.stop()))
  }
  // What is left when one of them ends by itself is of no use.
  const ended = Promise.race([
    wrangler.ended.then(({ asked }) => ({ asked, what: 'wrangler' })),
    functions.ended.then(({ asked }) => ({ asked, what: 'what runs functions' })),
  ]).then(async end => {
    await stop()
    claim.release()
    return end
  })
  return {
    address,
    ready: Promise.race([
      healthy(address),
      ended.then(({ asked, what }) => {
        if (!asked) throw new CannotStart(`${what} ended before Weir could serve; it says why above.`)
      }),
    ]),
    ended,
    stop: async () => {
      await stop()
      await ended
    },
  }
}

function wranglerArguments(flags: DevFlags): string[] {
  const chosen = new Set(flags.passedOn.map(arg => arg.split('=')[0]))
  return [
    'dev',
    ...['--port', String(flags.port), '--persist-to', flags.persistTo],
    ...DEFAULTS.filter(([flag]) => !chosen.has(flag)).flat(),
    // The last of two equal names counts, so a variable given on the command line stands. The other variables have
    // their defaults in the worker, where a bare `wrangler dev` finds them as well.
    ...['--var', 'WEIR_LOCAL:1'],
    ...flags.passedOn,
  ]
}

async function healthy(address: string): Promise<void> {
  const end = performance.now() + READY_MS
  while (performance.now() < end) {
    try {
      const response = await fetch(`${address}/_weir/health`, { signal: AbortSignal.timeout(5000) })
      await response.body?.cancel()
      if (response.ok) return
    } catch {
      // Nobody listens yet.
    }
    await delay(40)
  }
  throw new CannotStart(`Weir did not answer at ${address}/_weir/health within ${READY_MS / 1000} s.`)
}

async function claimDataOrSay(flags: DevFlags, command: string): Promise<DataClaim> {
  try {
    return claimData(flags.persistTo)
  } catch (error) {
    if (!(error instanceof DataInUse)) throw error
    const data = shown(flags.persistTo)
    const other = error.holder?.port
    const port = other === flags.port ? await freePortAfter(flags.port, flags.host) : flags.port
    const taken = other === flags.port ? `Port ${flags.port} is taken: ` : ''
    const where = other ? ` at http://${flags.host}:${other}` : ''
    throw new CannotStart(
      [
        `${taken}Weir is already running${where}, on the same data (${data}).`,
        'To run a second one beside it, give it a port and data of its own:',
        `  ${command} -- --port ${port} --persist-to ${data}-${port}`,
      ].join('\n'),
    )
  }
}

async function portMessage(refusal: string, flags: DevFlags, command: string): Promise<string> {
  if (refusal === 'EADDRINUSE') {
    const free = await freePortAfter(flags.port, flags.host)
    return `Port ${flags.port} is taken by another program. Use another port:\n  ${command} -- --port ${free}`
  }
  if (refusal === 'EACCES') {
    return `Port ${flags.port} may not be used without more rights. Use one above 1023:\n  ${command} -- --port 8787`
  }
  return `Port ${flags.port} of ${flags.host} cannot be used (${refusal}).`
}

/** A directory as its user would type it. */
function shown(directory: string): string {
  const path = relative(process.cwd(), directory)
  return path.startsWith('..') ? directory : path
}

// Numbers of processes are used again, so what was written down before a crash may be somebody else's by now.
function isWorkerd(id: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'comm=', '-p', String(id)], { encoding: 'utf8' }).includes('workerd')
  } catch {
    return false
  }
}
