import type { Env } from '../../../env.ts'
import { acceptCall } from '../../../functions/events/accept-call.ts'
import { callIntakeOf } from '../../../functions/events/event-intake.ts'
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
  const published = parcel.messages[message]!
  const signed = await signNotification(env, sending)
  const refused = await acceptCall(callIntakeOf(env, clock), {
    ...target,
    payload: JSON.stringify(functionEvent(signed, place, subscription)),
    requestId: crypto.randomUUID(),
    traceId: published.traceId,
    principal: {
      service: 'sns.amazonaws.com',
      sourceArn: topicArn(place),
      sourceAccount: place.account.id,
    },
  })
  if (!refused) return { kind: 'delivered' }
  // SNS takes a missing function and a missing permission for errors of the client's, which it does not try again.
  return { kind: 'rejected', why: refused.message }
}
