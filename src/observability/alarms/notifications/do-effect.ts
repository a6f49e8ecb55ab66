import type { Env } from '../../../env.ts'
import { acceptCall } from '../../../functions/events/accept-call.ts'
import { callIntakeOf } from '../../../functions/events/event-intake.ts'
import type { ServicePrincipal } from '../../../functions/invocation.ts'
import type { Account } from '../../../lib/account.ts'
import { functionOfArn } from '../../../lib/arn.ts'
import type { Clock } from '../../../lib/clock.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { within } from '../../../lib/within.ts'
import { publishToTopic } from '../../../messaging/topics/publish-to-topic.ts'
import { alarmArn } from '../alarm.ts'
import { type AlarmChange, type PendingEffect, targetOf } from '../alarm-effects.ts'
import type { AlarmListener } from '../alarm-state.ts'
import { functionEvent } from './function-event.ts'
import { topicNotification } from './topic-notification.ts'

/** What became of one try: `impossible` is for good, or until somebody changes something. */
export interface EffectOutcome {
  readonly kind: 'done' | 'impossible' | 'again'
  readonly error?: string
  /** What an action said, or wanted to say. */
  readonly message: string
}

/** An effect holds up others on the same target for so long at the most. */
const PATIENCE_MS = 5_000

/** Does what a change asks for, once. Never rejects. */
export async function doEffect(
  env: Env,
  account: Account,
  pending: PendingEffect,
  clock: Clock,
): Promise<EffectOutcome> {
  const said = { message: '' }
  try {
    await within(attempt(env, account, pending, clock, said), PATIENCE_MS, `effect ${pending.id}`)
    return { kind: 'done', ...said }
  } catch (error) {
    // What an action is refused is in the alarm's history; what fails is ours.
    if (error instanceof Impossible || (error instanceof Refusal && !PASSING.has(error.code))) {
      return { kind: 'impossible', error: error.message, ...said }
    }
    console.warn(`${targetOf(pending.effect)} was not told of an alarm`, error)
    return { kind: 'again', error: error instanceof Error ? error.message : String(error), ...said }
  }
}

class Impossible extends Error {}

/** Codes of refusals that may be otherwise the next time: a topic takes no more until its subscribers have been told. */
const PASSING: ReadonlySet<string> = new Set(['ThrottledException'])

async function attempt(
  env: Env,
  account: Account,
  { id, effect }: PendingEffect,
  clock: Clock,
  said: { message: string },
): Promise<void> {
  if (effect.kind === 'listener') {
    const { binding, object } = effect.listener
    const listener = env[binding].getByName(object) as unknown as AlarmListener
    await listener.alarmChanged(effect.status)
    return
  }
  const { arn, change } = effect
  if (functionOfArn(arn)) return callFunction(env, account, { arn, change, id, clock, said })
  const { subject, message } = topicNotification(account, change)
  said.message = JSON.stringify({ default: message })
  await publishToTopic(env, clock)(arn, { subject, message }, principalOf(account, change, 'cloudwatch'))
}

interface Call {
  readonly arn: string
  readonly change: AlarmChange
  readonly id: string
  readonly clock: Clock
  readonly said: { message: string }
}

/** Calls it asynchronously. A try that is made twice has the same request id, by which a function can tell. */
async function callFunction(
  env: Env,
  account: Account,
  { arn, change, id, clock, said }: Call,
): Promise<void> {
  const payload = JSON.stringify(functionEvent(account, change))
  said.message = payload
  const refused = await acceptCall(callIntakeOf(env, clock), {
    ...functionOfArn(arn)!,
    payload,
    requestId: id,
    principal: principalOf(account, change, 'lambda.alarms.cloudwatch'),
  })
  if (!refused) return
  const isForGood = refused.reason === 'not-found' || refused.reason === 'not-permitted'
  throw isForGood ? new Impossible(refused.message) : new Error(refused.message)
}

const principalOf = (account: Account, { definition }: AlarmChange, service: string): ServicePrincipal => ({
  service: `${service}.amazonaws.com`,
  sourceArn: alarmArn(account, definition.AlarmName),
  sourceAccount: account.id,
})
