import type { Shift } from '../../../../deployments/feed/shift.ts'
import { stickyKeyOf } from '../../../../deployments/feed/sticky-key.ts'
import { functionNotFound, unsupported } from '../../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../../functions/control/limits.ts'
import type { EventMessage } from '../../../../functions/events/queued-event.ts'
import type { Invocation, InvokeFunction, Refused } from '../../../../functions/invocation.ts'
import { type FunctionPointer, functionPointerName } from '../../../../functions/manifest.ts'
import { type ResolvedVersion, resolveAlias, shiftOf } from '../../../../functions/resolve-alias.ts'
import { fromBase64, toBase64 } from '../../../../lib/base64.ts'
import { parseJsonObject } from '../../../../lib/json-object.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { pointerReader } from '../../../../pointers/pointer-store.ts'
import { type Context, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

/** Accepts an event for later: once it returns, the function will be called at least once. */
export type Enqueue = (event: EventMessage, payload: Uint8Array) => Promise<void>

export interface Invoking {
  readonly invoke: InvokeFunction
  readonly enqueue: Enqueue
}

const NOTHING = new Uint8Array()

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

export const invokeOperations = ({ invoke, enqueue }: Invoking) =>
  ({
    async Invoke(input, call) {
      const context = contextOf(call)
      const { name, qualifier } = referenceOf(context, input)
      if (input.DurableExecutionName !== undefined) throw unsupported('durable functions')
      if (input.TenantId !== undefined) throw unsupported('tenant isolation')
      const { account } = context
      const type = input.InvocationType ?? 'RequestResponse'
      const target = {
        account,
        name,
        qualifier,
        requestId: call.requestId,
        traceId: call.traceId,
        clientContext: input.ClientContext,
      }
      checkClientContext(input.ClientContext)
      const payload = readPayload(input.Payload as Uint8Array | undefined, type)

      const source = { caller: { arn: call.identity.arn } }
      if (type === 'RequestResponse')
        return answer(invoke, { ...target, payload, source }, input.LogType === 'Tail')

      const resolved = await resolveTarget(context, name, qualifier)
      if (type === 'DryRun') return { StatusCode: 204, ExecutedVersion: resolved.version, Payload: NOTHING }
      const { uid, shift } = resolved
      const stickyKey = shift && stickyKeyOf(shift, source)
      await enqueue({ ...target, uid, stickyKey }, encoder.encode(payload))
      return { StatusCode: 202, Payload: NOTHING }
    },
  }) satisfies LambdaHandlers

async function answer(invoke: InvokeFunction, invocation: Invocation, withLog: boolean) {
  const result = await invoke(invocation)
  if (result.kind === 'refused') throw refusalOf(result, invocation)
  return {
    StatusCode: 200,
    Payload: encoder.encode(result.payload),
    ExecutedVersion: result.executedVersion,
    FunctionError: result.functionError,
    LogResult: withLog ? logTail(result.logs) : undefined,
  }
}

/**
 * Finds what would be called, as the data plane does: so that an event is accepted, and a dry run answered, while
 * the database is away. A dry run draws no lot: it names an alias's own version.
 */
export async function resolveTarget(
  { account, platform }: Context,
  name: string,
  qualifier: string | undefined,
): Promise<ResolvedVersion & { readonly uid: string; readonly shift: Shift | undefined }> {
  const { env } = platform
  const read = pointerReader<FunctionPointer>({ objects: env.ALIAS_ROUTER, documents: env.STORE })
  const reply = await read(functionPointerName(account, name), undefined)
  const pointer = 'doc' in reply ? reply.doc : undefined
  const resolved = pointer && resolveAlias(pointer, qualifier, 1)
  if (!resolved) throw functionNotFound(account, name, qualifier ?? '$LATEST')
  return { ...resolved, uid: pointer.uid, shift: shiftOf(pointer, qualifier) }
}

/** @returns the event as JSON text; without a payload it is an empty object */
export function readPayload(bytes: Uint8Array | undefined, type: string): string {
  if (!bytes || bytes.length === 0) return '{}'
  const limit = type === 'Event' ? LIMITS.eventPayloadBytes : LIMITS.requestPayloadBytes
  if (bytes.length > limit) {
    throw new Refusal(
      'RequestEntityTooLargeException',
      `${bytes.length} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`,
      { members: { Type: 'User' } },
    )
  }
  try {
    const text = utf8.decode(bytes)
    JSON.parse(text)
    return text
  } catch (error) {
    throw invalidContent(
      `Could not parse request body into json: Could not parse payload into json: ${(error as Error).message}`,
    )
  }
}

export function checkClientContext(text: string | undefined): void {
  if (text === undefined) return
  if (text.length > LIMITS.clientContextBytes) {
    throw invalidContent(`Client context must be at most ${LIMITS.clientContextBytes} bytes of Base64.`)
  }
  try {
    if (parseJsonObject(utf8.decode(fromBase64(text)))) return
  } catch {
    // Refused below like any other text that is not an object.
  }
  throw invalidContent('Client context must be a valid Base64-encoded JSON object.')
}

const invalidContent = (message: string): Refusal =>
  new Refusal('InvalidRequestContentException', message, { members: { Type: 'User' } })

export function refusalOf(
  { reason, message, code }: Refused,
  { account, name, qualifier }: Invocation,
): Refusal {
  switch (reason) {
    case 'not-found':
      return functionNotFound(account, name, qualifier ?? '$LATEST')
    case 'not-permitted':
      return new Refusal('AccessDeniedException', message)
    case 'throttled':
      return new Refusal('TooManyRequestsException', message, {
        members: { Type: 'User', Reason: 'ConcurrentInvocationLimitExceeded', retryAfterSeconds: '1' },
      })
    case 'over-ceiling':
      return new Refusal('TooManyRequestsException', message, {
        members: { Type: 'User', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
      })
    case 'recursive':
      return new Refusal('RecursiveInvocationException', message, { members: { Type: 'User' } })
    case 'not-ready':
      return new Refusal('ResourceNotReadyException', message, { members: { Type: 'User' } })
    case 'key-unusable':
      return new Refusal(code!, message, { members: { Type: 'User' } })
    case 'unavailable':
      return new Refusal('ServiceException', message, { members: { Type: 'Service' } })
  }
}

/** The log's last bytes, base64; never beginning inside a character. */
export function logTail(logs: string): string {
  const bytes = encoder.encode(logs)
  let start = Math.max(0, bytes.length - LIMITS.logTailBytes)
  while (start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start++
  return toBase64(bytes.subarray(start))
}
