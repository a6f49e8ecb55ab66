import { stickyKeyOf } from '../../deployments/feed/sticky-key.ts'
import { functionArn } from '../../lib/arn.ts'
import type { Clock } from '../../lib/clock.ts'
import type { PointerCache } from '../../pointers/pointer-cache.ts'
import type { Invocation, Refused } from '../invocation.ts'
import { type FunctionPointer, functionPointerName } from '../manifest.ts'
import { permitInvocation } from '../permit-invocation.ts'
import { resolveAlias, shiftOf } from '../resolve-alias.ts'
import { acceptEvent, type EventIntake } from './accept-event.ts'

export interface CallIntake {
  readonly events: EventIntake
  readonly pointers: PointerCache<FunctionPointer>
  readonly clock: Clock
}

const encoder = new TextEncoder()

/** Which function a service calls, and on whose behalf. */
export type ServiceCall = Pick<Invocation, 'account' | 'name' | 'qualifier' | 'principal'>

/**
 * Takes a service's call of a function for later: finds the function, checks that the caller may call it, accepts the
 * event. Undefined once the function will be called at least once; a refusal is a value.
 */
export async function acceptCall(intake: CallIntake, invocation: Invocation): Promise<Refused | undefined> {
  const found = await find(intake, invocation)
  if (found.refused) return found.refused
  const { account, name, qualifier, payload, requestId, traceId, clientContext, source } = invocation
  const shift = shiftOf(found.pointer, qualifier)
  const stickyKey = shift && stickyKeyOf(shift, source)
  await acceptEvent(
    intake.events,
    { account, name, qualifier, uid: found.pointer.uid, requestId, traceId, clientContext, stickyKey },
    typeof payload === 'string' ? encoder.encode(payload) : payload,
  )
  return undefined
}

/** Why {@link acceptCall} would not take such a call; undefined where it would. */
export const refusalOfCall = async (intake: CallIntake, call: ServiceCall): Promise<Refused | undefined> =>
  (await find(intake, call)).refused

type Found =
  | { readonly refused: Refused }
  | { readonly refused?: undefined; readonly pointer: FunctionPointer }

async function find({ pointers, clock }: CallIntake, call: ServiceCall): Promise<Found> {
  const pointerName = functionPointerName(call.account, call.name)
  const asked = clock()
  let pointed = await pointers.get(pointerName)
  let refused = refusalOf(call, pointed?.doc)
  if (refused) {
    // As calls that are waited for: what this isolate knows may be two seconds old.
    pointed = await pointers.getNewer(pointerName, asked)
    refused = refusalOf(call, pointed?.doc)
  }
  return refused ? { refused } : { pointer: pointed!.doc }
}

function refusalOf(
  { account, name, qualifier, principal }: ServiceCall,
  pointer: FunctionPointer | undefined,
): Refused | undefined {
  const called = functionArn(account, name, qualifier)
  if (!pointer || !resolveAlias(pointer, qualifier, 1)) {
    return { kind: 'refused', reason: 'not-found', message: `there is no ${called}` }
  }
  if (principal && !permitInvocation(pointer, qualifier, principal)) {
    return {
      kind: 'refused',
      reason: 'not-permitted',
      message: `${principal.service} may not call ${called}`,
    }
  }
  return undefined
}
