import type { AlarmStatus } from '../observability/alarms/alarm-state.ts'
import { DeploymentDraft } from './deployment-draft.ts'
import {
  type DeploymentError,
  type Effect,
  type HookName,
  isUnderWay,
  type LifecycleEventName,
  type RollBackEvent,
} from './deployment-state.ts'
import { targetId } from './release.ts'
import type { DeploymentEvent } from './transition.ts'

/**
 * Minutes that a hook's function has to say how it went.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-section-structure-lambda
 */
const HOOK_MINUTES = 60

/** Isolates are loaded by those that call: where nobody does, a deployment waits no longer than this for them. */
const WARM_MINUTES = 1
/** They tell once a second that they are, however short minutes are. */
const WARM_AT_LEAST_MS = 5_000

/** An effect that goes wrong is tried again after this, twice as late each time. */
const AGAIN_MS = 250
const AGAIN_AT_MOST_MS = 15_000

/** What may go wrong so often before the deployment is given up, or done without it. Letting go of a target never is. */
const ATTEMPTS = {
  claim: 8,
  shift: 8,
  'call-hook': 8,
  'watch-alarms': 5,
  'unwatch-alarms': 12,
  notify: 12,
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`

/** One transition of a deployment: {@link state} is what it was, and then what becomes of it. */
export class Course extends DeploymentDraft {
  begin() {
    const { release } = this.state
    this.set({ status: 'InProgress', started: this.now })
    this.note('status', `begun: ${release.configuration}`, release.by)
    this.notify('DeploymentStart', { id: release.id, status: 'Created' })
    if (release.refused) return this.#give('Failed', 'DEPLOYMENT_FAILURE', release.refused, false)
    for (const target of release.targets.keys()) this.want({ kind: 'claim', target })
    if (release.alarms.names.length > 0) this.want({ kind: 'watch-alarms' })
  }

  timeIsUp() {
    const { phase, step, release } = this.state
    switch (phase) {
      case 'before':
      case 'after': {
        const hook: HookName = phase === 'before' ? 'BeforeAllowTraffic' : 'AfterAllowTraffic'
        return this.#hookFailed(hook, `${hook} was not answered within ${HOOK_MINUTES} minutes`)
      }
      case 'warming':
        this.note('trouble', `not all isolates were loaded in time`)
        return this.#waitOrMirror()
      case 'ready':
        return this.#give('Stopped', 'DEPLOYMENT_FAILURE', {
          code: 'TIMEOUT',
          message: `The deployment was not continued within ${release.readyMinutes} minutes.`,
        })
      case 'mirroring':
      case 'shifting':
        return this.#toStep(step + 1)
    }
  }

  stopOnRequest(by: string, rollBack: boolean | undefined) {
    this.note('status', `stop asked for${rollBack ? ', with a roll-back' : ''}`, by)
    this.#give(
      'Stopped',
      'DEPLOYMENT_STOP_ON_REQUEST',
      { code: 'MANUAL_STOP', message: `The deployment was stopped by ${by}.` },
      rollBack,
    )
  }

  goOn(by: string) {
    this.note('status', 'continued', by)
    this.set({ status: 'InProgress' })
    this.#mirrorOrShift()
  }

  hookAnswered(executionId: string, status: 'Succeeded' | 'Failed') {
    const hook = this.#openHook()
    if (!hook || this.state.release.hooks[hook]?.executionId !== executionId) return
    if (status === 'Failed') return this.#hookFailed(hook, `${hook} answered Failed`)
    this.drop(effect => effect.kind === 'call-hook')
    this.note('hook', `${hook} answered Succeeded`)
    this.lifecycle(hook, 'Succeeded')
    if (hook === 'BeforeAllowTraffic') this.#warmOrWait()
    else this.#settle()
  }

  alarmsAre(statuses: readonly AlarmStatus[]) {
    const watched = statuses.filter(({ name }) => this.state.release.alarms.names.includes(name))
    for (const { name, state, reason } of watched) {
      const { alarms, overridden } = this.state
      if (alarms[name] !== state) this.note('alarm', `${name}: ${state}${reason ? ` (${reason})` : ''}`)
      this.set({ alarms: { ...alarms, [name]: state } })
      if (state === 'OK' && overridden.includes(name)) {
        this.note('alarm', `${name} is OK again and counts from now on`)
        this.set({ overridden: overridden.filter(each => each !== name) })
      }
    }
    const firing = watched
      .filter(({ name, state }) => state === 'ALARM' && !this.state.overridden.includes(name))
      .map(({ name }) => name)
    if (firing.length === 0) return
    if (this.state.phase === 'claiming' && this.state.release.options.firingAlarms === 'compare') {
      return this.#override(firing)
    }
    this.#give('Stopped', 'DEPLOYMENT_STOP_ON_ALARM', {
      code: 'ALARM_ACTIVE',
      message: `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${firing.map(name => `<${name}>`).join(', ')}`,
    })
  }

  isWorse(message: string) {
    this.note('comparison', message)
    // Whoever has versions compared wants no traffic on the worse one.
    this.#give('Failed', 'DEPLOYMENT_FAILURE', { code: 'CUSTOMER_APPLICATION_UNHEALTHY', message }, true)
  }

  warmed(isolates: number) {
    if (isolates <= this.state.warmed) return
    this.set({ warmed: isolates })
    this.#warmEnough()
  }

  effectEnded(event: Extract<DeploymentEvent, { readonly effect: number }>) {
    const effect = this.state.wanted.find(({ id }) => id === event.effect)
    if (!effect) return
    if (event.kind === 'missed') return this.#missed(effect, event.message)
    this.drop(({ id }) => id === effect.id)
    if (event.kind === 'failed') return this.#failed(effect, event)
    if (event.kind === 'alarms-read') this.#alarmsRead(event.statuses)
    if (event.kind === 'claimed' && 'target' in effect) {
      this.target(effect.target, { from: event.from, isOwned: true })
    }
    if (event.kind === 'done') this.#done(effect)
    this.#goFurther()
  }

  #done(effect: Effect) {
    if (effect.kind === 'shift') return this.#weightIs(effect.target, effect.share)
    if (effect.kind !== 'finish') return
    const before = this.state.targets[effect.target]!
    if (effect.keep === 'new') this.#weightIs(effect.target, 1)
    if (effect.keep === 'old' && before.isOwned) this.#weightIs(effect.target, 0)
    this.target(effect.target, { isOwned: false })
  }

  #weightIs(target: number, share: number) {
    const { release, targets } = this.state
    const spec = release.targets[target]!
    if (targets[target]!.share !== share) {
      this.note('weight', `${targetId(spec)}: ${percent(share)} of traffic to ${spec.target}`)
    }
    this.target(target, { share, changed: this.now })
  }

  /** Tried again, later each time; what is not to be had for so long is given up. */
  #missed(effect: Effect, message: string) {
    const attempts = effect.attempts + 1
    if (effect.kind !== 'finish' && attempts >= ATTEMPTS[effect.kind]) {
      this.drop(({ id }) => id === effect.id)
      return this.#failed(effect, { code: 'INTERNAL_ERROR', message })
    }
    const notBefore = this.now + Math.min(AGAIN_MS * 2 ** (attempts - 1), AGAIN_AT_MOST_MS)
    const again = { ...effect, attempts, notBefore }
    if (attempts === 1) this.note('trouble', `${effect.kind}: ${message}`)
    this.set({ wanted: this.state.wanted.map(each => (each.id === effect.id ? again : each)) })
  }

  #failed(effect: Effect, error: DeploymentError) {
    switch (effect.kind) {
      case 'claim':
      case 'shift':
        if (isUnderWay(this.state)) this.#give('Failed', 'DEPLOYMENT_FAILURE', error)
        return
      case 'call-hook':
        return this.#hookFailed(effect.hook, error.message)
      case 'watch-alarms':
        return this.#alarmsUnknown(error.message)
      case 'finish':
        // It is gone, or somebody else's: there is nothing left to let go of.
        this.target(effect.target, { isOwned: false })
    }
    this.note('trouble', `${effect.kind}: ${error.message}`)
    this.#goFurther()
  }

  /** What is next when all that the phase wanted is there. */
  #goFurther() {
    const { phase, release, step } = this.state
    switch (phase) {
      case 'claiming':
        if (!this.wants('claim', 'watch-alarms')) this.#callHook('BeforeAllowTraffic')
        return
      case 'mirroring':
        if (!this.wants('shift') && this.state.due === undefined) {
          this.set({ due: this.in(release.options.mirror!.minutes) })
        }
        return
      case 'shifting':
        if (this.wants('shift') || this.state.due !== undefined) return
        if (step === release.steps.length - 1) return this.#allShifted()
        this.set({ due: this.in(release.steps[step]!.minutes) })
        return
      case 'settling':
        if (!this.wants('finish')) this.#succeeded()
        return
      case 'rolling-back':
        if (!this.wants('finish')) this.#rolledBack()
        return
      case 'leaving':
        if (!this.wants('finish')) this.set({ phase: 'ended' })
    }
  }

  #alarmsRead(known: readonly AlarmStatus[]) {
    const { names } = this.state.release.alarms
    const missing = names.filter(wanted => !known.some(({ name }) => name === wanted))
    if (missing.length > 0) this.#alarmsUnknown(`there is no alarm ${missing.join(', ')}`)
    if (isUnderWay(this.state)) this.alarmsAre(known)
  }

  #override(firing: readonly string[]) {
    this.note(
      'override',
      `${firing.join(', ')} fired before the deployment, which goes on: versions are compared instead`,
      this.state.release.by,
    )
    this.set({ overridden: [...this.state.overridden, ...firing] })
  }

  #alarmsUnknown(message: string) {
    this.note('alarm', `states of alarms are not known: ${message}`)
    if (!isUnderWay(this.state) || this.state.release.alarms.ignorePollFailure) return this.#goFurther()
    this.#give('Stopped', 'DEPLOYMENT_STOP_ON_ALARM', {
      code: 'ALARM_ACTIVE',
      message: `The deployment was stopped because states of its alarms could not be read: ${message}.`,
    })
  }

  #callHook(hook: HookName) {
    if (!this.state.release.hooks[hook]) {
      this.lifecycle(hook, 'Skipped')
      return hook === 'BeforeAllowTraffic' ? this.#warmOrWait() : this.#settle()
    }
    this.enter(hook === 'BeforeAllowTraffic' ? 'before' : 'after', this.in(HOOK_MINUTES))
    this.lifecycle(hook, 'InProgress')
    this.want({ kind: 'call-hook', hook })
  }

  #openHook(): HookName | undefined {
    const { phase } = this.state
    return phase === 'before' ? 'BeforeAllowTraffic' : phase === 'after' ? 'AfterAllowTraffic' : undefined
  }

  #hookFailed(hook: HookName, message: string) {
    if (this.#openHook() !== hook) return
    this.note('hook', message)
    this.lifecycle(hook, 'Failed', message)
    this.#give('Failed', 'DEPLOYMENT_FAILURE', { code: 'HOOK_EXECUTION_FAILURE', message })
  }

  #warmOrWait() {
    const { prewarm } = this.state.release.options
    if (!prewarm) return this.#waitOrMirror()
    this.enter('warming', Math.max(this.in(WARM_MINUTES), this.now + WARM_AT_LEAST_MS))
    this.#warmEnough()
  }

  #warmEnough() {
    const { targets, release, phase, warmed } = this.state
    const wanted = (release.options.prewarm ?? 0) * targets.length
    if (phase === 'warming' && warmed >= wanted) this.#waitOrMirror()
  }

  #waitOrMirror() {
    const { readyMinutes, id } = this.state.release
    if (readyMinutes === undefined) return this.#mirrorOrShift()
    this.enter('ready', this.in(readyMinutes))
    this.set({ status: 'Ready' })
    this.note('status', 'ready: waits to be continued')
    this.notify('DeploymentReady', { id, status: 'Ready' })
  }

  #mirrorOrShift() {
    const { mirror } = this.state.release.options
    this.lifecycle('AllowTraffic', 'InProgress')
    if (!mirror) {
      this.enter('shifting')
      return this.#toStep(0)
    }
    this.enter('mirroring')
    this.note('weight', `copies of ${percent(mirror.share)} of requests`)
    for (const target of this.state.targets.keys()) {
      this.want({ kind: 'shift', target, share: 0, mirror: mirror.share })
    }
  }

  #toStep(step: number) {
    const { steps, alarms } = this.state.release
    this.enter('shifting')
    this.set({ step })
    for (const target of this.state.targets.keys()) {
      this.want({ kind: 'shift', target, share: steps[step]!.share, mirror: 0 })
    }
    // Who tells of changes may have forgotten that somebody listens.
    if (step > 0 && alarms.names.length > 0) this.want({ kind: 'watch-alarms' })
  }

  #allShifted() {
    if (this.wants('watch-alarms')) return
    this.lifecycle('AllowTraffic', 'Succeeded')
    this.#callHook('AfterAllowTraffic')
  }

  #settle() {
    this.enter('settling')
    for (const target of this.state.targets.keys()) this.want({ kind: 'finish', target, keep: 'new' })
  }

  #succeeded() {
    const { id } = this.state.release
    this.set({ status: 'Succeeded', ended: this.now })
    this.enter('ended')
    this.note('status', 'succeeded')
    this.stopWatching()
    this.notify('DeploymentSuccess', { id, status: 'Succeeded', completed: this.now })
  }

  /** The end of a deployment that did not succeed: traffic goes back at once, if that is wanted. */
  #give(
    status: 'Failed' | 'Stopped',
    on: RollBackEvent,
    error: DeploymentError,
    rollBack: boolean = this.state.release.rollBackOn.includes(on),
  ) {
    const { release, lifecycle } = this.state
    // Of a claim that may be on its way it has to be known how it went before the target is let go of.
    this.drop(({ kind }) => kind !== 'notify' && kind !== 'claim')
    for (const [name, { status: now }] of Object.entries(lifecycle)) {
      if (now === 'InProgress') this.lifecycle(name as LifecycleEventName, 'Failed', error.message)
      if (now === 'Pending') this.lifecycle(name as LifecycleEventName, 'Skipped')
    }
    this.set({ status, error, ended: this.now })
    this.note('status', `${status === 'Failed' ? 'failed' : 'stopped'}: ${error.message}`)
    this.stopWatching()
    const notice = { id: release.id, status, completed: this.now, error }
    this.notify(status === 'Failed' ? 'DeploymentFailure' : 'DeploymentStop', notice)
    if (rollBack) {
      this.set({ rollBack: { started: this.now, status: 'InProgress', reason: error.message } })
      this.note('status', `rolled back by ${release.rollBackId}`)
      this.notify('DeploymentRollback', {
        id: release.rollBackId,
        status: 'Created',
        rollBackOf: release.id,
      })
    }
    this.enter(rollBack ? 'rolling-back' : 'leaving')
    const hadTraffic = this.state.step >= 0
    const keep = rollBack || !hadTraffic ? 'old' : 'as-is'
    for (const target of this.state.targets.keys()) this.want({ kind: 'finish', target, keep })
  }

  #rolledBack() {
    const { release, rollBack } = this.state
    this.set({ rollBack: { ...rollBack!, status: 'Succeeded', ended: this.now } })
    this.enter('ended')
    this.note('status', 'the roll-back succeeded')
    this.notify('DeploymentRollback', {
      id: release.rollBackId,
      status: 'Succeeded',
      completed: this.now,
      rollBackOf: release.id,
    })
  }
}
