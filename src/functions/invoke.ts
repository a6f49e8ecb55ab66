import { functionArn } from '../lib/arn.ts'
import type { Clock } from '../lib/clock.ts'
import type { Pointed, PointerCache } from '../pointers/pointer-cache.ts'
import type { CallRecorder, RecordedFunction } from './call-recorder.ts'
import { asksForTrace, type CallTrace, type CallTracer } from './call-tracer.ts'
import type { ConcurrencyGate, Entering, Permit } from './concurrency/concurrency-gate.ts'
import { countCall } from './count-hops.ts'
import type { ExecutionUsage } from './executions/execution-usage.ts'
import type { Answered, Invocation, InvocationResult, Refused, StreamEnding, Streamed } from './invocation.ts'
import type { CallLog } from './log-lines.ts'
import { type FunctionPointer, functionPointerName } from './manifest.ts'
import { permitInvocation } from './permit-invocation.ts'
import { type ResolvedVersion, resolveAlias, shiftOf } from './resolve-alias.ts'
import type { NotRun, Run, RunVersion } from './run-version.ts'
import {
  countShifted,
  mirrorShifted,
  resolveShifted,
  type ShiftedVersion,
  type ShiftingHost,
} from './shifted-calls.ts'

export interface FunctionHost {
  readonly pointers: PointerCache<FunctionPointer>
  readonly versions: RunVersion
  readonly concurrency: ConcurrencyGate
  readonly executions: ExecutionUsage
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Tells logs and metrics of calls; absent where nobody wants them. */
  readonly recorder?: CallRecorder
  /** Absent where no call is traced. */
  readonly tracer?: CallTracer
  /** Hears what each call has logged; absent where nobody looks. */
  readonly heard?: (name: string, log: CallLog) => void
  /** Absent where nothing is told to deployments. */
  readonly shifting?: ShiftingHost
  /** Lets a call outlive the request that asked for it. */
  readonly defer: (work: Promise<unknown>) => void
}

/** "if your function is invoked more than approximately 16 times in the same chain of requests, Lambda stops the next invocation" */
const MOST_HOPS = 16

/**
 * Runs one event: find the function, check that the caller may, choose the version, count the hop, enter under the
 * function's ceiling, call. Refusals and the function's own failures are values; what is thrown is a fault of the
 * platform.
 *
 * A caller that goes away does not end the call: on Lambda the function runs to its end, and here its slot has to be
 * given back.
 */
export function invokeFunction(host: FunctionHost, invocation: Invocation): Promise<InvocationResult> {
  const work = invoke(host, invocation)
  host.defer(work.catch(() => {}))
  return work
}

/** As {@link invokeFunction}, with the answer as the function produces it. */
export function streamFunction(host: FunctionHost, invocation: Invocation): Promise<Streamed | Refused> {
  const work = stream(host, invocation)
  host.defer(work.catch(() => {}))
  return work
}

async function invoke(host: FunctionHost, invocation: Invocation): Promise<InvocationResult> {
  const admitting = admit(host, invocation)
  const admitted = admitting instanceof Promise ? await admitting : admitting
  if ('kind' in admitted) return admitted
  const { run, permit } = admitted
  try {
    const result = await host.versions.run(run)
    shiftedEnded(host, invocation, admitted, result)
    if (result.kind === 'not-run') return notRun(invocation, result, admitted)
    record(host, invocation, result, admitted)
    return result
  } catch (error) {
    return cutOff(invocation, error, admitted)
  } finally {
    permit?.leave()
  }
}

async function stream(host: FunctionHost, invocation: Invocation): Promise<Streamed | Refused> {
  const admitted = await admit(host, invocation)
  if ('kind' in admitted) return admitted
  const { run, permit } = admitted
  let result: Streamed | NotRun
  try {
    result = await host.versions.stream(run)
  } catch (error) {
    permit?.leave()
    return cutOff(invocation, error, admitted)
  }
  if (result.kind === 'not-run') {
    permit?.leave()
    shiftedEnded(host, invocation, admitted, result)
    return notRun(invocation, result, admitted)
  }
  const { executedVersion, ending } = result
  const ended = ending.then(end => {
    permit?.leave()
    shiftedEnded(host, invocation, admitted, end)
    record(host, invocation, { executedVersion, payload: end.errorDocument ?? '', ...end }, admitted)
    return end
  })
  host.defer(ended)
  return { ...result, ending: ended }
}

type Known = Pointed<FunctionPointer> | undefined

type Found = ResolvedVersion | ShiftedVersion

interface Admitted {
  readonly run: Run
  readonly permit: Permit | undefined
  /** Of an alias that a deployment moves. */
  readonly shifted: ShiftedVersion | undefined
  readonly recorded: RecordedFunction | undefined
  /** Of a call that is traced. */
  readonly trace: CallTrace | undefined
}

/** Without a promise where what this isolate knows of the function lets the call in. */
function admit(host: FunctionHost, invocation: Invocation): Admitted | Refused | Promise<Admitted | Refused> {
  const name = functionPointerName(invocation.account, invocation.name)
  const asked = host.clock()
  let pointed: Known | Promise<Known>
  let found: Found | Refused | undefined
  try {
    pointed = host.pointers.get(name)
    if (pointed && !(pointed instanceof Promise)) found = find(host, invocation, pointed)
  } catch (error) {
    return unavailable(invocation, error)
  }
  return pointed && !(pointed instanceof Promise) && found && !('kind' in found)
    ? enter(host, invocation, name, asked, pointed.doc, found)
    : admitSlowly(host, invocation, name, asked, pointed)
}

async function admitSlowly(
  host: FunctionHost,
  invocation: Invocation,
  name: string,
  asked: number,
  pointing: Known | Promise<Known>,
): Promise<Admitted | Refused> {
  let pointer: FunctionPointer
  let resolved: Found
  try {
    let pointed = await pointing
    let found = pointed && find(host, invocation, pointed)
    if (!found || 'kind' in found) {
      // What this isolate knows may be two seconds old, and a function that was just created or let its caller in
      // must not be refused by one isolate and served by another. What was read for this call is new enough.
      pointed = await host.pointers.getNewer(name, asked)
      found = pointed && find(host, invocation, pointed)
    }
    if (!pointed || !found) return notFound(invocation)
    if ('kind' in found) return found
    pointer = pointed.doc
    resolved = found
  } catch (error) {
    return unavailable(invocation, error)
  }
  return enter(host, invocation, name, asked, pointer, resolved)
}

/** Counts the hop, and enters under the function's ceiling where it has one. */
function enter(
  host: FunctionHost,
  invocation: Invocation,
  name: string,
  asked: number,
  pointer: FunctionPointer,
  resolved: Found,
): Admitted | Refused | Promise<Admitted | Refused> {
  const traced = countCall(invocation, pointer.uid, asked)
  if (traced.hops >= MOST_HOPS && pointer.recursiveLoop !== 'Allow') {
    return refused(
      'recursive',
      `Lambda detected the function being invoked in a recursive loop with other AWS resources and stopped the function's invocation. ${arnOf(invocation)} was called ${traced.hops} times in one chain of requests.`,
    )
  }
  const recorded = host.recorder?.of(name, invocation.account, invocation.name)
  const known = pointer.manifests?.[resolved.manifest]
  const { tracer } = host
  const trace =
    tracer && asksForTrace(traced.header, known)
      ? tracer.begin({ ...invocation, header: traced.header, at: asked })
      : undefined
  const shifted = 'shift' in resolved ? resolved : undefined
  const admitted = (permit: Permit | undefined): Admitted => {
    recorded?.began()
    return { permit, shifted, recorded, trace, run: runOf(permit) }
  }
  const runOf = (permit: Permit | undefined): Run => ({
    manifest: resolved.manifest,
    known,
    shared: pointer.shared === true,
    qualifier: invocation.qualifier,
    requestId: invocation.requestId,
    payload: invocation.payload,
    clientContext: invocation.clientContext,
    identity: invocation.identity,
    traceId: trace?.header ?? traced.header,
    signal: either(invocation.signal, permit?.signal),
    patience: invocation.patience,
  })
  if (pointer.reservedConcurrency === undefined) return admitted(undefined)
  const under = (entered: Entering): Admitted | Refused => {
    if (entered === 'throttled') {
      if (shifted) countShifted(host.shifting!, shifted, 'throttled')
      recorded?.throttled(invocation.qualifier)
      return tracedRefusal(trace, refused('over-ceiling', 'Rate Exceeded.'))
    }
    if (entered === 'unreachable') return unavailable(invocation, 'its concurrency cannot be counted')
    return admitted(entered)
  }
  const entering = host.concurrency.enter(name, pointer.reservedConcurrency)
  return entering instanceof Promise ? entering.then(under) : under(entering)
}

function find(
  host: FunctionHost,
  invocation: Invocation,
  pointed: Pointed<FunctionPointer>,
): Found | Refused | undefined {
  const { qualifier, principal } = invocation
  const { doc: pointer } = pointed
  if (principal && !permitInvocation(pointer, qualifier, principal)) {
    return refused('not-permitted', `${principal.service} may not call ${arnOf(invocation)}`)
  }
  const { shifting } = host
  const shift = shifting && shiftOf(pointer, qualifier)
  return shift
    ? resolveShifted(shifting, host, pointed, invocation, shift)
    : resolveAlias(pointer, qualifier, host.random())
}

/** A call came to an end, or was not made. */
function shiftedEnded(
  { shifting, defer }: FunctionHost,
  invocation: Invocation,
  { shifted }: Admitted,
  result: Answered | StreamEnding | NotRun,
): void {
  if (!shifted || !shifting) return
  countShifted(shifting, shifted, result)
  if ('kind' in result && result.kind === 'not-run') return
  const payload = 'payload' in result && !result.functionError ? result.payload : undefined
  mirrorShifted(shifting, defer, shifted, invocation, payload)
}

const either = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other)

function record(
  host: FunctionHost,
  { account, name, qualifier }: Invocation,
  ended: Pick<Answered, 'executedVersion' | 'functionError' | 'payload' | 'usage' | 'log' | 'durationMs'>,
  { recorded, trace }: Admitted,
): void {
  const { executedVersion: version, functionError, usage, log, durationMs } = ended
  const failed = functionError !== undefined
  recorded?.ended({ qualifier, version, failed, durationMs, log })
  trace?.ended(ended)
  if (log) host.heard?.(name, log)
  if (!usage) return
  host.executions.record({
    account,
    name,
    version,
    qualifier,
    memorySizeMB: usage.memorySize,
    billedMs: usage.billedMs,
    initMs: usage.initMs,
    failed,
  })
}

const refused = (reason: Refused['reason'], message: string): Refused => ({
  kind: 'refused',
  reason,
  message,
})

function notRun(invocation: Invocation, result: NotRun, { recorded, trace }: Admitted): Refused {
  recorded?.cutOff()
  if (result.reason === 'throttled') recorded?.throttled(invocation.qualifier)
  return tracedRefusal(trace, refusalOf(invocation, result))
}

function refusalOf(invocation: Invocation, { reason, trouble, cause }: NotRun): Refused {
  switch (reason) {
    case 'not-found':
      return notFound(invocation)
    case 'throttled':
      return refused('throttled', 'Rate Exceeded.')
    case 'interrupted':
      return refused(
        'unavailable',
        'The process that runs functions was restarted while this call was under way. Try again.',
      )
    case 'key-unusable':
      return { ...refused(reason, trouble!.message), code: trouble!.code }
    case 'unavailable':
      return unavailable(invocation, cause)
  }
}

function tracedRefusal(trace: CallTrace | undefined, refusal: Refused): Refused {
  trace?.ended(refusal)
  return refusal
}

/** Nobody knows how a call ended. Throws, unless it was cut off because of its permit. */
function cutOff(invocation: Invocation, error: unknown, { permit, recorded, trace }: Admitted): Refused {
  recorded?.cutOff()
  if (permit?.signal.aborted) return tracedRefusal(trace, lostPermit(invocation))
  trace?.ended(refused('unavailable', String(error)))
  throw error
}

/** The call was cut off: its place under the ceiling could not be held any longer. */
const lostPermit = (invocation: Invocation): Refused =>
  unavailable(invocation, 'its place under the reserved concurrency was lost')

/** A fault of ours, over as soon as what failed is back; the caller may try again. */
function unavailable(invocation: Invocation, error: unknown): Refused {
  console.error(`call ${invocation.requestId} of ${arnOf(invocation)} was not made`, error)
  return refused('unavailable', 'The function cannot be reached at the moment. Try again.')
}

const arnOf = ({ account, name, qualifier }: Invocation): string => functionArn(account, name, qualifier)

const notFound = (invocation: Invocation): Refused =>
  refused('not-found', `Function not found: ${arnOf(invocation)}`)
