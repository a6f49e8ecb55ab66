import { OLD_VERSION, type Outcome, type ShiftRecorder } from '../deployments/feed/record-shifts.ts'
import { isSameJson } from '../deployments/feed/same-answer.ts'
import type { Shift } from '../deployments/feed/shift.ts'
import type { Pointed } from '../pointers/pointer-cache.ts'
import {
  type CallUsage,
  type Invocation,
  type InvocationResult,
  type InvokeFunction,
  isCold,
} from './invocation.ts'
import { type FunctionPointer, manifestKey } from './manifest.ts'
import { type ResolvedVersion, resolveAlias } from './resolve-alias.ts'
import type { NotRun, RunVersion } from './run-version.ts'

/** What an isolate does about calls of aliases that deployments move. */
export interface ShiftingHost {
  readonly recorder: ShiftRecorder
  /** Calls a function in a request of its own, under an id of its own. */
  readonly copy: InvokeFunction
}

/** A version that was chosen for a call of an alias under a deployment. */
export interface ShiftedVersion extends ResolvedVersion {
  readonly shift: Shift
  /** Nobody knows whether the deployment has gone back since. */
  readonly isStale: boolean
}

interface Host {
  readonly versions: Pick<RunVersion, 'warm'>
  readonly defer: (work: Promise<unknown>) => void
}

/** Which of a shift's two versions serves a call; loads isolates of the new one, if it is to have some. */
export function resolveShifted(
  { recorder }: ShiftingHost,
  { versions, defer }: Host,
  { doc, stale }: Pointed<FunctionPointer>,
  { qualifier, source }: Invocation,
  shift: Shift,
): ShiftedVersion | undefined {
  if (recorder.warms(shift)) {
    const { prewarm = 0, to } = shift
    defer(
      versions.warm(manifestKey(doc.uid, to), prewarm).then(
        () => recorder.warmed(shift, prewarm),
        error => console.warn(`version ${to} of ${doc.name} is not loaded in advance`, error),
      ),
    )
  }
  // An old pointer does not say whether the deployment has gone back since.
  const resolved = resolveAlias(doc, qualifier, stale ? OLD_VERSION : recorder.draw(shift, source))
  return resolved && { ...resolved, shift, isStale: stale }
}

interface Ended {
  readonly kind?: 'answered'
  readonly functionError?: 'Unhandled'
  readonly durationMs: number
  readonly usage?: CallUsage
}

/** Counts what became of a call for the version that served it. */
export function countShifted(
  { recorder }: ShiftingHost,
  { shift, version }: ShiftedVersion,
  ended: Ended | NotRun | 'throttled',
): void {
  const outcome = outcomeOf(ended)
  if (outcome) recorder.ended(shift, version, outcome, latencyOf(ended))
}

/** Of what says nothing about the version there is none. */
function outcomeOf(ended: Ended | NotRun | 'throttled'): Outcome | undefined {
  if (ended === 'throttled') return 'throttled'
  if (ended.kind !== 'not-run') return ended.functionError ? 'error' : 'ok'
  if (ended.reason === 'throttled') return 'throttled'
  return ended.reason === 'interrupted' ? undefined : 'error'
}

/**
 * Of a call whose isolate was loaded for it or is new, none. Who waited in line has waited, too: of calls that lined up
 * together something that holds all of them up would otherwise count once, and of those that have isolates of their
 * own, as the version has that gets less, each time.
 */
const latencyOf = (ended: Ended | NotRun | 'throttled'): number | undefined =>
  ended === 'throttled' || ended.kind === 'not-run' || isCold(ended.usage)
    ? undefined
    : ended.durationMs + (ended.usage?.inLineMs ?? 0)

/**
 * Gives the new version a copy of a call that the old one has served, if it is to have one, and compares what both said.
 *
 * @param payload what the old version answered; undefined where it failed, or has streamed it to the caller
 */
export function mirrorShifted(
  { recorder, copy }: ShiftingHost,
  defer: Host['defer'],
  { shift, version, isStale }: ShiftedVersion,
  invocation: Invocation,
  payload: string | undefined,
): void {
  if (version !== shift.from || isStale || !recorder.mirrors(shift)) return
  const { account, name, payload: event, requestId, clientContext, identity, traceId } = invocation
  defer(
    copy({
      account,
      name,
      qualifier: shift.to,
      payload: event,
      requestId,
      clientContext,
      identity,
      traceId,
    }).then(
      result => noteCopy(recorder, shift, result, payload),
      error => {
        recorder.mirrored(shift, undefined, undefined, undefined)
        console.warn(`a copy of call ${requestId} was not made`, error)
      },
    ),
  )
}

function noteCopy(
  recorder: ShiftRecorder,
  shift: Shift,
  result: InvocationResult,
  payload: string | undefined,
): void {
  if (result.kind === 'refused') {
    const { reason } = result
    const isThrottled = reason === 'throttled' || reason === 'over-ceiling'
    recorder.mirrored(shift, isThrottled ? 'throttled' : 'error', undefined, undefined)
    return
  }
  const outcome = result.functionError ? 'error' : 'ok'
  const isSame = outcome === 'ok' && payload !== undefined ? isSameJson(payload, result.payload) : undefined
  recorder.mirrored(shift, outcome, latencyOf(result), isSame)
}
