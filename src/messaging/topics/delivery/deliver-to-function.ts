import type { Env } from '../../../env.ts'
import { acceptCall } from '../../../functions/events/accept-call.ts'
import { callIntakeOf } from '../../../functions/events/event-intake.ts'
import type { Invocation } from '../../../functions/invocation.ts'
import { functionPointerName } from '../../../functions/manifest.ts'
import { functionOfArn } from '../../../lib/arn.ts'
import type { Clock } from '../../../lib/clock.ts'
import { functionEvent } from '../notification.ts'
import { signNotification } from '../signature/sign-notification.ts'
import { topicArn } from '../topic-arn.ts'
import type { Outcome, Sending } from './deliver.ts'

/**
 * Calls a function with the message, asynchronously: the event is safe once Lambda has it, and tried again by Lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
export async function deliverToFunction(env: Env, clock: Clock, sending: Sending): Promise<Outcome> {
  const { place, subscription, parcel, message } = sending
  const target = functionOfArn(subscription.endpoint)
  if (!target) return { kind: 'rejected', why: `${subscription.endpoint} is no function` }
  const signed = await signNotification(env, sending)
  const intake = callIntakeOf(env, clock)
  const call: Invocation = {
    ...target,
    payload: JSON.stringify(functionEvent(signed, place, subscription)),
    requestId: crypto.randomUUID(),
    traceId: parcel.messages[message]!.traceId,
    principal: {
      service: 'sns.amazonaws.com',
      sourceArn: topicArn(place),
      sourceAccount: place.account.id,
    },
  }
  if (!(await acceptCall(intake, call))) return { kind: 'delivered' }
  // SNS does not try again where a function is missing, or its permission: that is the client's error. So it must not be
  // said of a permission that has just been given, of which nothing is known here for a tenth of a second.
  intake.pointers.forget(functionPointerName(target.account, target.name))
  const refused = await acceptCall(intake, call)
  return refused ? { kind: 'rejected', why: refused.message } : { kind: 'delivered' }
}
