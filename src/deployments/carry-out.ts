import { functionReference } from '../functions/control/function-reference.ts'
import type { Invocation, InvocationResult, RefusalReason } from '../functions/invocation.ts'
import { memberAt, parseJsonObject } from '../lib/json-object.ts'
import { Refusal } from '../lib/refusal.ts'
import type { PublishToTopic } from '../messaging/topics/topic-message.ts'
import type { AlarmStatus } from '../observability/alarms/alarm-state.ts'
import type { DeploymentState, Effect } from './deployment-state.ts'
import type { Writer } from './feed/shift.ts'
import { notificationOf } from './notification.ts'
import { publisherFor } from './publisher-for.ts'
import { driverName, type TargetSpec } from './release.ts'
import type { NotMoved, Target } from './targets/target.ts'
import type { DeploymentEvent } from './transition.ts'

/** By what deployments reach the world. */
export interface Hands {
  target(spec: TargetSpec): Target
  invoke(invocation: Invocation): Promise<InvocationResult>
  readonly publish: PublishToTopic
  listenToAlarms(names: readonly string[]): Promise<AlarmStatus[]>
  stopListening(): Promise<void>
  newId(): string
}

type Ended = Extract<DeploymentEvent, { readonly effect: number }>
type Kind<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>

/** Why a target is not moved, in CodeDeploy's words. */
const CODES = {
  gone: 'INVALID_LAMBDA_FUNCTION',
  taken: 'INVALID_LAMBDA_CONFIGURATION',
  moved: 'INVALID_LAMBDA_CONFIGURATION',
  late: 'INTERNAL_ERROR',
} as const

/** What may be otherwise the next time. */
const PASSING: ReadonlySet<RefusalReason> = new Set(['throttled', 'over-ceiling', 'not-ready', 'unavailable'])

/** Does what a deployment wants; what it answers is what the deployment has to hear. It never throws. */
export async function carryOut(state: DeploymentState, effect: Effect, hands: Hands): Promise<Ended> {
  try {
    return await doing(state, effect, hands)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return error instanceof Refusal
      ? { kind: 'failed', effect: effect.id, code: 'INTERNAL_ERROR', message }
      : { kind: 'missed', effect: effect.id, message }
  }
}

async function doing(state: DeploymentState, effect: Effect, hands: Hands): Promise<Ended> {
  const { release } = state
  const done: Ended = { kind: 'done', effect: effect.id }
  switch (effect.kind) {
    case 'claim':
      return claim(state, effect, hands)
    case 'shift':
      return moved(
        effect,
        await targetOf(state, effect, hands).set(writerOf(state, effect), {
          share: effect.share,
          ...(effect.mirror > 0 && { mirror: effect.mirror }),
        }),
      )
    case 'finish':
      return finish(state, effect, hands)
    case 'call-hook':
      return callHook(state, effect, hands)
    case 'watch-alarms':
      return {
        kind: 'alarms-read',
        effect: effect.id,
        statuses: await hands.listenToAlarms(release.alarms.names),
      }
    case 'unwatch-alarms':
      await hands.stopListening()
      return done
    case 'notify': {
      const { name, topic } = release.triggers[effect.trigger]!
      await hands.publish(topic, notificationOf(state, name, effect.of), publisherFor(release, topic))
      return done
    }
  }
}

const targetOf = ({ release }: DeploymentState, { target }: { readonly target: number }, hands: Hands) =>
  hands.target(release.targets[target]!)

const writerOf = ({ release }: DeploymentState, { id }: Effect): Writer => ({ owner: release.id, seq: id })

async function claim(state: DeploymentState, effect: Kind<'claim'>, hands: Hands): Promise<Ended> {
  const { release } = state
  const target = targetOf(state, effect, hands)
  const before = await target.read()
  const { sticky, prewarm } = release.options
  const refused = await target.claim({
    ...writerOf(state, effect),
    driver: driverName(release.account, release.groupId),
    ...(sticky && { sticky }),
    ...(prewarm !== undefined && { prewarm }),
  })
  // Whoever can be claimed was there a moment ago, or is now.
  const from = before?.current ?? (await target.read())?.current ?? ''
  return refused ? moved(effect, refused) : { kind: 'claimed', effect: effect.id, from }
}

async function finish(state: DeploymentState, effect: Kind<'finish'>, hands: Hands): Promise<Ended> {
  const target = targetOf(state, effect, hands)
  const how = { new: 'settle', old: 'restore', 'as-is': 'leave' } as const
  const refused = await target[how[effect.keep]](writerOf(state, effect))
  // It was let go of before a crash, or never taken.
  if (refused?.reason === 'late') return { kind: 'done', effect: effect.id }
  return moved(effect, refused)
}

const moved = (effect: Effect, refused: NotMoved): Ended =>
  refused
    ? { kind: 'failed', effect: effect.id, code: CODES[refused.reason], message: refused.message }
    : { kind: 'done', effect: effect.id }

async function callHook(state: DeploymentState, effect: Kind<'call-hook'>, hands: Hands): Promise<Ended> {
  const { release } = state
  const hook = release.hooks[effect.hook]!
  const caller = { account: release.account, arn: release.role, operation: 'Invoke' }
  const { name, qualifier } = functionReference(hook.function, undefined, caller)
  const result = await hands.invoke({
    account: release.account,
    name,
    ...(qualifier !== undefined && { qualifier }),
    payload: JSON.stringify({
      DeploymentId: release.id,
      LifecycleEventHookExecutionId: hook.executionId,
    }),
    requestId: hands.newId(),
  })
  const called = `${effect.hook}: the function ${hook.function}`
  if (result.kind === 'refused') {
    const message = `${called} could not be called: ${result.message}`
    return PASSING.has(result.reason)
      ? { kind: 'missed', effect: effect.id, message }
      : { kind: 'failed', effect: effect.id, code: 'HOOK_EXECUTION_FAILURE', message }
  }
  if (!result.functionError) return { kind: 'done', effect: effect.id }
  const said = memberAt(parseJsonObject(result.payload), ['errorMessage'])
  return {
    kind: 'failed',
    effect: effect.id,
    code: 'HOOK_EXECUTION_FAILURE',
    message: `${called} failed: ${typeof said === 'string' ? said : result.payload}`.slice(0, 1_000),
  }
}
