import type { Clock } from '../lib/clock.ts'
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
}

/** Slots that may turn out to be taken by other isolates before a call is refused. */
const BUSY_SLOTS = 64

/**
 * Runs one event: find the function, check that the caller may, choose the version, take a slot of it, call.
 * Refusals and the function's own failures are values; what is thrown is a fault of the platform.
 */
export async function invokeFunction(host: FunctionHost, invocation: Invocation): Promise<InvocationResult> {
  const pending = host.pointers.get(functionPointerName(invocation.account, invocation.name))
  const pointed = pending instanceof Promise ? await pending : pending
  if (!pointed) return notFound(invocation)
  const pointer = pointed.doc
  if (invocation.principal && !permitInvocation(pointer, invocation.qualifier, invocation.principal)) {
    return refused('not-permitted', `${invocation.principal.service} may not call ${arnOf(invocation)}`)
  }
  const resolved = resolveAlias(pointer, invocation.qualifier, host.random())
  if (!resolved) return notFound(invocation)
  let version: LoadedVersion
  try {
    const loaded = host.loader.version(resolved.manifest)
    version = loaded instanceof Promise ? await loaded : loaded
  } catch (error) {
    if (error instanceof MissingVersion) return notFound(invocation)
    throw error
  }
  for (let attempt = 0; attempt < BUSY_SLOTS; attempt++) {
    const result = await callSlot(host, version, invocation)
    if (result) return result
  }
  return refused('throttled', 'Rate Exceeded.')
}

/** One call in one slot; undefined when the slot's isolate is busy with another isolate's event. */
async function callSlot(
  host: FunctionHost,
  version: LoadedVersion,
  invocation: Invocation,
): Promise<Answered | undefined> {
  const { manifest, slots } = version
  const { requestId } = invocation
  const started = host.clock()
  const slot = slots.take()
  let usable = false
  const timeOut = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const entrypoint = await host.loader.entrypoint(version, slot)
    const deadlineMs = host.clock() + manifest.timeout * 1000
    timer = setTimeout(() => timeOut.abort(), manifest.timeout * 1000)
    const context: CallContext = {
      requestId,
      functionName: manifest.name,
      functionVersion: manifest.version,
      invokedFunctionArn: invokedArn(manifest, invocation.qualifier),
      memoryLimitInMB: String(manifest.memorySize),
      logGroupName: manifest.logGroup,
      logStreamName: version.logStream,
      deadlineMs,
      clientContext: invocation.clientContext,
      traceId: invocation.traceId,
    }
    const signal = invocation.signal ? AbortSignal.any([timeOut.signal, invocation.signal]) : timeOut.signal
    const reply = await callRuntime(entrypoint, invocation.payload, context, signal)
    if (reply.kind === 'busy') return undefined
    usable = !reply.exited
    const durationMs = host.clock() - started
    const logs = logOf(
      { requestId, version: manifest.version, durationMs, memorySize: manifest.memorySize },
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
    return failed(host, version, requestId, started, timeOut.signal.aborted ? undefined : error)
  } finally {
    clearTimeout(timer)
    if (usable) slots.free(slot)
    else slots.retire()
  }
}

/** The isolate did not answer: it ran out of time, or it died. Its slot is not used again. */
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

const arnOf = ({ account, name, qualifier }: Invocation): string =>
  `arn:aws:lambda:${account.region}:${account.id}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`

const notFound = (invocation: Invocation): Refused =>
  refused('not-found', `Function not found: ${arnOf(invocation)}`)
