import type { Clock } from '../lib/clock.ts'
import { PLATFORM_LIMITS } from '../lib/platform-limits.ts'
import type { PointerCache } from '../pointers/pointer-cache.ts'
import type { Answered, Invocation, InvocationResult, Refused } from './invocation.ts'
import { invokedArn, type LoadedVersion, MissingVersion, type VersionLoader } from './load-version.ts'
import { logOf } from './log-lines.ts'
import { type FunctionPointer, functionPointerName } from './manifest.ts'
import { permitInvocation } from './permit-invocation.ts'
import { resolveAlias } from './resolve-alias.ts'
import { type CallContext, callRuntime } from './runtime/call-runtime.ts'

export interface FunctionHost {
  readonly pointers: PointerCache<FunctionPointer>
  readonly loader: VersionLoader
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Lets a call outlive the request that asked for it. */
  readonly defer: (work: Promise<unknown>) => void
}

/**
 * Slots that may turn out to be taken by other isolates before a call is refused. Each costs the request one call of
 * a Worker, and an authorizer's function and an integration's share what it has; as the numbers that are passed over
 * double, this is far more than is ever needed.
 */
const BUSY_SLOTS = PLATFORM_LIMITS.workerCalls / 4

/** Slots in which a version is tried to be loaded. */
const LOADS = 2

/**
 * Runs one event: find the function, check that the caller may, choose the version, take a slot of it, call.
 * Refusals and the function's own failures are values; what is thrown is a fault of the platform.
 *
 * A caller that goes away does not end the call: on Lambda the function runs to its end, and here its slot has to be
 * given back.
 */
export function invokeFunction(host: FunctionHost, invocation: Invocation): Promise<InvocationResult> {
  const work = invoke(host, invocation)
  host.defer(work.catch(() => {}))
  return work
}

async function invoke(host: FunctionHost, invocation: Invocation): Promise<InvocationResult> {
  let version: LoadedVersion
  try {
    const pending = host.pointers.get(functionPointerName(invocation.account, invocation.name))
    const pointed = pending instanceof Promise ? await pending : pending
    if (!pointed) return notFound(invocation)
    const pointer = pointed.doc
    if (invocation.principal && !permitInvocation(pointer, invocation.qualifier, invocation.principal)) {
      return refused('not-permitted', `${invocation.principal.service} may not call ${arnOf(invocation)}`)
    }
    const resolved = resolveAlias(pointer, invocation.qualifier, host.random())
    if (!resolved) return notFound(invocation)
    const loaded = host.loader.version(resolved.manifest)
    version = loaded instanceof Promise ? await loaded : loaded
  } catch (error) {
    if (error instanceof MissingVersion) return notFound(invocation)
    return unavailable(invocation, error)
  }
  let pass = 0
  let loads = 0
  for (let attempt = 0; attempt < BUSY_SLOTS; attempt++) {
    const result = await callSlot(host, version, invocation, version.slots.take(pass))
    if (result === 'busy') {
      pass = Math.floor(host.random() * 2 ** attempt)
      continue
    }
    if (!('failedLoad' in result)) return result
    if (++loads === LOADS) return unavailable(invocation, result.failedLoad)
  }
  return refused('throttled', 'Rate Exceeded.')
}

interface FailedLoad {
  readonly failedLoad: unknown
}

/** One call in one slot. `busy`: the slot's isolate is at another isolate's event. */
async function callSlot(
  host: FunctionHost,
  version: LoadedVersion,
  invocation: Invocation,
  slot: number,
): Promise<Answered | 'busy' | FailedLoad> {
  const { manifest, slots } = version
  const { requestId } = invocation
  const asked = host.clock()
  let entrypoint: Fetcher
  let initMs: number | undefined
  try {
    const loading = host.loader.entrypoint(version, slot)
    if (loading instanceof Promise) {
      entrypoint = await loading
      initMs = host.clock() - asked
    } else {
      entrypoint = loading
    }
  } catch (failedLoad) {
    // The loader was not asked yet, so nothing sticks to the slot.
    slots.free(slot)
    return { failedLoad }
  }
  const started = host.clock()
  let usable = false
  const timeOut = new AbortController()
  // A timer of its own for every call: on Workers a timer belongs to the request that set it.
  const timer = setTimeout(() => timeOut.abort(), manifest.timeout * 1000)
  try {
    const context: CallContext = {
      requestId,
      functionName: manifest.name,
      functionVersion: manifest.version,
      invokedFunctionArn: invokedArn(manifest, invocation.qualifier),
      memoryLimitInMB: String(manifest.memorySize),
      logGroupName: manifest.logGroup,
      logStreamName: version.logStream,
      deadlineMs: started + manifest.timeout * 1000,
      clientContext: invocation.clientContext,
      traceId: invocation.traceId,
    }
    const signal = invocation.signal ? AbortSignal.any([timeOut.signal, invocation.signal]) : timeOut.signal
    const reply = await callRuntime(entrypoint, invocation.payload, context, signal)
    if (reply.kind === 'busy') return 'busy'
    // Also after the function ended its process: its runtime begins anew with the next event.
    usable = true
    const durationMs = host.clock() - started
    const logs = logOf(
      { requestId, version: manifest.version, durationMs, memorySize: manifest.memorySize, initMs },
      reply.logs,
    )
    return {
      kind: 'answered',
      executedVersion: manifest.version,
      functionError: reply.functionError,
      payload: reply.payload,
      logs,
      durationMs,
    }
  } catch (error) {
    if (invocation.signal?.aborted) throw error
    const timedOut = timeOut.signal.aborted
    // The execution was cut off at the deadline that the runtime knows too: it begins anew with the next event.
    // A fresh isolate for every time-out would be a fresh charge.
    const failedLoad = host.loader.takeFailure(version, slot)
    usable = timedOut && failedLoad === undefined
    if (failedLoad !== undefined && !timedOut) return { failedLoad }
    return failed(host, version, requestId, started, timedOut ? undefined : error)
  } finally {
    clearTimeout(timer)
    if (usable) slots.free(slot)
    else host.loader.drop(version, slot)
  }
}

/** The isolate did not answer: it ran out of time, or it died. */
function failed(
  host: FunctionHost,
  version: LoadedVersion,
  requestId: string,
  started: number,
  error: unknown,
): Answered {
  const { manifest } = version
  const durationMs = host.clock() - started
  const document =
    error === undefined
      ? {
          errorType: 'Sandbox.Timedout',
          errorMessage: `RequestId: ${requestId} Error: Task timed out after ${manifest.timeout.toFixed(2)} seconds`,
        }
      : { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reasonOf(error)}` }
  const line = `${new Date(host.clock()).toISOString()} ${document.errorMessage.replace('RequestId: ', '').replace(' Error:', '')}\n\n`
  return {
    kind: 'answered',
    executedVersion: manifest.version,
    functionError: 'Unhandled',
    payload: JSON.stringify(document),
    logs: logOf({ requestId, version: manifest.version, durationMs, memorySize: manifest.memorySize }, line),
    durationMs,
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const refused = (reason: Refused['reason'], message: string): Refused => ({
  kind: 'refused',
  reason,
  message,
})

/** A fault of ours, over as soon as what failed is back; the caller may try again. */
function unavailable(invocation: Invocation, error: unknown): Refused {
  console.error(`call ${invocation.requestId} of ${arnOf(invocation)} was not made`, error)
  return refused('unavailable', 'The function cannot be reached at the moment. Try again.')
}

const arnOf = ({ account, name, qualifier }: Invocation): string =>
  `arn:aws:lambda:${account.region}:${account.id}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`

const notFound = (invocation: Invocation): Refused =>
  refused('not-found', `Function not found: ${arnOf(invocation)}`)
