import { waitUntil, exports as workerExports } from 'cloudflare:workers'
import type { ShiftRecorder } from './deployments/feed/record-shifts.ts'
import { agesOfShifted } from './deployments/feed/shift.ts'
import { type Env, isLocal, supervisorOf } from './env.ts'
import type { CallRecorder } from './functions/call-recorder.ts'
import type { CallTracer } from './functions/call-tracer.ts'
import { storedCode } from './functions/code-source.ts'
import { FunctionConcurrency } from './functions/concurrency/function-concurrency.ts'
import { recordExecutions } from './functions/executions/record-executions.ts'
import type { InvokeFunction } from './functions/invocation.ts'
import type { FunctionHost } from './functions/invoke.ts'
import { VersionLoader } from './functions/load-version.ts'
import { LoadedVersions } from './functions/loaded-versions.ts'
import type { FunctionPointer } from './functions/manifest.ts'
import type { OutboundProps } from './functions/outbound.ts'
import { linesToPrint } from './functions/print-lines.ts'
import type { Terminal } from './functions/process/terminal.ts'
import { VersionsElsewhere } from './functions/process/versions-elsewhere.ts'
import type { RunVersion } from './functions/run-version.ts'
import { isolatePointers } from './isolate-pointers.ts'
import { systemClock } from './lib/clock.ts'
import type { CountRecorder } from './usage/record-counts.ts'

/** Who is told of calls. */
export interface TellCalls {
  readonly counts: CountRecorder
  readonly recorder: CallRecorder | undefined
  readonly tracer: CallTracer | undefined
  readonly shifts: ShiftRecorder
}

/**
 * What one isolate calls functions with.
 *
 * @param terminal of the development server, which shows what functions log
 */
export function functionHost(
  env: Env,
  terminal: Terminal | undefined,
  { counts, recorder, tracer, shifts }: TellCalls,
): FunctionHost {
  const random = () => Math.random()
  const newId = () => crypto.randomUUID()
  return {
    pointers: isolatePointers<FunctionPointer>(
      { objects: env.ALIAS_ROUTER, documents: env.STORE },
      undefined,
      ({ aliases }) => agesOfShifted(Object.values(aliases)),
    ),
    versions: versionsOf(env, random),
    concurrency: new FunctionConcurrency({
      clock: systemClock,
      timer(ms, callback) {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      },
      callObject: (name, request) => env.CONCURRENCY_METER.getByName(name).lease(request),
      defer: waitUntil,
      newId,
    }),
    executions: recordExecutions(counts),
    recorder,
    tracer,
    shifting: {
      recorder: shifts,
      copy: invocation =>
        (workerExports as unknown as OwnExports).FunctionCaller.invoke({ ...invocation, requestId: newId() }),
    },
    heard: printer(env, terminal),
    clock: systemClock,
    random,
    defer: waitUntil,
  }
}

/** Shows in the terminal what functions log, to those who develop them. */
function printer(env: Env, terminal: Terminal | undefined): FunctionHost['heard'] {
  if (!isLocal(env) || env.WEIR_PRINT_LOGS === '0') return undefined
  return (name, log) => {
    const lines = linesToPrint(name, log)
    if (lines === undefined) return
    if (terminal) terminal.print(lines)
    else console.log(lines)
  }
}

/** Once a process. */
let saysThatNothingIsolates = false

/** In a process of their own where the development server has started one; nothing limits a function locally. */
function versionsOf(env: Env, random: () => number): RunVersion {
  const supervisor = supervisorOf(env)
  if (supervisor) return new VersionsElsewhere({ ...supervisor, clock: systemClock, defer: waitUntil })
  if (isLocal(env) && !saysThatNothingIsolates) {
    saysThatNothingIsolates = true
    console.warn(
      'Functions run in the process of Weir: one that never stops stops everything. Use npm run dev.',
    )
  }
  return new LoadedVersions({
    loader: new VersionLoader({
      loader: env.LOADER,
      source: storedCode(env),
      outbound: props => (workerExports as unknown as OwnExports).Outbound({ props }),
    }),
    clock: systemClock,
    random,
    defer: waitUntil,
  })
}

interface OwnExports {
  readonly FunctionCaller: { readonly invoke: InvokeFunction }
  Outbound(options: { props: OutboundProps }): Fetcher
}
