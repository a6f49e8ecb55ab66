import { DurableObject, exports as workerExports } from 'cloudflare:workers'
import { carryOut, type Hands } from '../src/deployments/carry-out.ts'
import { type EvidenceState, ReleaseEvidence } from '../src/deployments/compare/release-evidence.ts'
import {
  type DeploymentState,
  type Effect,
  isUnderWay,
  type Release,
} from '../src/deployments/deployment-state.ts'
import { type WrittenDeployment, writeDeployment } from '../src/deployments/deployment-table.ts'
import type { FeedBatch, FeedReply } from '../src/deployments/feed/feed-batch.ts'
import { type TargetSpec, targetId } from '../src/deployments/release.ts'
import { aliasTarget } from '../src/deployments/targets/alias-target.ts'
import type { Target } from '../src/deployments/targets/target.ts'
import { beginDeployment, type DeploymentEvent, nextTick, transition } from '../src/deployments/transition.ts'
import type { Env } from '../src/env.ts'
import type { Invocation, InvocationResult } from '../src/functions/invocation.ts'
import { stageTarget } from '../src/gateway/control/stage-target.ts'
import type { Account } from '../src/lib/account.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import { within } from '../src/lib/within.ts'
import { publishToTopic } from '../src/messaging/topics/publish-to-topic.ts'
import type { AlarmListener, AlarmStatus } from '../src/observability/alarms/alarm-state.ts'
import { listenToAlarms, stopListening } from '../src/observability/alarms/watch-calls.ts'

/** The entrypoint of src/function-caller.ts, which an object may not import. */
interface FunctionCaller {
  invoke(invocation: Invocation): Promise<InvocationResult>
}

/** One deployment as it is saved. */
interface Saved {
  readonly state: DeploymentState
  /** Grows with every change. */
  readonly seq: number
}

/** One deployment in memory. */
interface Carried extends Saved {
  /** The last change that the database has. */
  told: number
  isTelling: boolean
  evidence: ReleaseEvidence
  /** What is being done, also where it is not wanted any more; by the effect's number. */
  readonly running: Map<number, Effect>
}

const DEPLOYMENT = 'deployment/'
const EVIDENCE = 'evidence/'

/** After a crash, what was under way is begun again at the latest then; so is what the database was not told. */
const GUARD_MS = 5_000
/** Something that is done takes no longer; then it is tried again beside it, which is no harm. */
const PATIENCE_MS = 60_000
/** A hook's function may run as long as functions do. */
const HOOK_PATIENCE_MS = 16 * 60_000
/** What isolates have told is saved so often: they tell again what they have counted. */
const SAVE_EVIDENCE_MS = 3_000

/**
 * Carries one deployment group's deployments through, one at a time: writes down what each wants, does it, and tells it
 * how that went. Named by `driverName`. The database hears of every change, and has what is over.
 */
export class DeploymentDriver extends DurableObject<Env> implements AlarmListener {
  readonly #carried = new Map<string, Carried>()
  readonly #account: Account
  #evidenceSavedAt = 0
  #alarmAt: number | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const [, id = '', region = ''] = ctx.id.name!.split('/')
    this.#account = { id, region }
    for (const [, saved] of ctx.storage.kv.list<Saved>({ prefix: DEPLOYMENT })) {
      this.#carry(saved, ctx.storage.kv.get<EvidenceState>(EVIDENCE + saved.state.release.id))
    }
    // What was under way may have been cut off.
    for (const carried of this.#carried.values()) this.#go(carried)
    this.#plan()
  }

  /** Begins a deployment; another one that is under way is named instead. */
  async begin(release: Release): Promise<{ readonly busy?: string }> {
    // Before anything is written: a deployment that could not begin must not go on by itself.
    await this.env.STORE.put(objectMark(this.ctx.id.name!), '')
    const busy = [...this.#carried.values()].find(({ state }) => state.phase !== 'ended')
    if (busy) return { busy: busy.state.release.id }
    // In the same turn: nobody else may begin between these lines.
    const saved = { state: beginDeployment(release), seq: 1 }
    this.#save(saved)
    const carried = this.#carry(saved)
    this.#plan()
    await this.#tell(carried)
    this.#go(carried)
    return {}
  }

  /** @returns false where the deployment is over, or none of this group's */
  stop(id: string, by: string, rollBack: boolean | undefined): boolean {
    const carried = this.#carried.get(id)
    if (!carried || !isUnderWay(carried.state)) return false
    this.#hear(carried, { kind: 'stop', by, ...(rollBack !== undefined && { rollBack }) })
    return true
  }

  /** @returns whether it waited for this */
  goOn(id: string, by: string): boolean {
    const carried = this.#carried.get(id)
    if (carried?.state.phase !== 'ready') return false
    this.#hear(carried, { kind: 'continue', by })
    return true
  }

  /** @returns whether it waited for this */
  hookAnswered(id: string, executionId: string, status: 'Succeeded' | 'Failed'): boolean {
    const carried = this.#carried.get(id)
    if (!carried) return false
    const before = carried.state
    this.#hear(carried, { kind: 'hook-answered', executionId, status })
    return carried.state !== before
  }

  /** A deployment that is not over yet, newer than the database may know it. */
  describe(id: string): WrittenDeployment | undefined {
    const carried = [...this.#carried.values()].find(
      ({ state: { release } }) => release.id === id || release.rollBackId === id,
    )
    return carried && written(carried)
  }

  /** Isolates tell how both versions do. */
  tell(batch: FeedBatch): FeedReply {
    const now = Date.now()
    const told = batch.tellings.map(({ deployment }) => deployment)
    const carried = [...this.#carried.values()].find(({ state }) => told.includes(state.release.id))
    if (!carried) return { everyMs: 1_000, over: told }
    const reply = carried.evidence.tell(batch, courseOf(carried.state), now)
    const { kind, reason } = carried.evidence.verdict()
    const { warmed } = carried.evidence
    if (warmed > 0) this.#hear(carried, { kind: 'warmed', isolates: warmed })
    if (kind === 'worse' && isUnderWay(carried.state)) {
      this.#hear(carried, { kind: 'worse', message: reason })
      return { ...reply, back: [carried.state.release.id] }
    }
    if (now - this.#evidenceSavedAt > SAVE_EVIDENCE_MS) {
      this.#evidenceSavedAt = now
      this.#saveEvidence(carried)
    }
    return reply
  }

  async alarmChanged(status: AlarmStatus): Promise<void> {
    for (const carried of this.#carried.values()) this.#hear(carried, { kind: 'alarm', status })
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    try {
      for (const carried of [...this.#carried.values()]) {
        this.#hear(carried, { kind: 'tick' })
        this.#go(carried)
        if (carried.told < carried.seq) await this.#tell(carried)
      }
      this.#plan()
    } catch (error) {
      // The platform would give up after six tries, and nobody would have the alias any more.
      console.error(`${this.ctx.id.name} could not do all that is due; trying again`, error)
      this.#planAt(Date.now() + GUARD_MS)
    }
  }

  /** Forgets everything; only a reset or the removal of an account does this. */
  async forget(): Promise<void> {
    this.#carried.clear()
    this.#alarmAt = undefined
    this.#clear(DEPLOYMENT)
    this.#clear(EVIDENCE)
    await Promise.all([this.ctx.storage.deleteAlarm(), this.env.STORE.delete(objectMark(this.ctx.id.name!))])
  }

  #carry(saved: Saved, evidence?: EvidenceState): Carried {
    const { release } = saved.state
    const settings = release.comparison ?? { falseAlarmRate: 0.01, metrics: [] }
    const carried: Carried = {
      ...saved,
      told: 0,
      isTelling: false,
      evidence: new ReleaseEvidence(release.id, settings, release.targets.map(targetId), evidence),
      running: new Map(),
    }
    this.#carried.set(release.id, carried)
    return carried
  }

  #hear(carried: Carried, event: DeploymentEvent): void {
    const state = transition(carried.state, event, Date.now())
    if (state === carried.state) return
    const saved = { state, seq: carried.seq + 1 }
    // What cannot be saved has not happened: nothing is done because of it.
    this.#save(saved)
    Object.assign(carried, saved)
    this.#plan()
    this.#go(carried)
    this.ctx.waitUntil(this.#tell(carried))
  }

  #save(saved: Saved): void {
    this.ctx.storage.kv.put(DEPLOYMENT + saved.state.release.id, saved)
  }

  /** Of very many isolates it may be more than a row holds. */
  #saveEvidence({ state, evidence }: Carried): void {
    try {
      this.ctx.storage.kv.put(EVIDENCE + state.release.id, evidence.state())
    } catch (error) {
      console.warn(`what is known of deployment ${state.release.id} is in memory alone`, error)
    }
  }

  /** Begins what is wanted and not being done. What is done to a target is done in order. */
  #go(carried: Carried): void {
    const now = Date.now()
    const taken = new Set<number>()
    for (const effect of carried.state.wanted) {
      if ('target' in effect) {
        const isNext = !taken.has(effect.target)
        taken.add(effect.target)
        if (!isNext || isBusy(carried, effect.target)) continue
      }
      if (carried.running.has(effect.id) || (effect.notBefore ?? 0) > now) continue
      // Whoever answers a hook looks for the deployment in the database: it has to be there first.
      if (effect.kind === 'call-hook' && carried.told === 0) {
        this.ctx.waitUntil(this.#tell(carried))
        continue
      }
      this.ctx.waitUntil(this.#do(carried, effect))
    }
  }

  async #do(carried: Carried, effect: Effect): Promise<void> {
    carried.running.set(effect.id, effect)
    const patience = effect.kind === 'call-hook' ? HOOK_PATIENCE_MS : PATIENCE_MS
    const work = carryOut(carried.state, effect, this.#hands(carried.state))
    const ended = await within(work, patience, effect.kind).catch(
      ({ message }: Error): DeploymentEvent => ({ kind: 'missed', effect: effect.id, message }),
    )
    carried.running.delete(effect.id)
    // A reset may have come between.
    if (this.#carried.get(carried.state.release.id) !== carried) return
    this.#hear(carried, ended)
    this.#go(carried)
  }

  /** Writes it down in the database; of an account's other groups and of what is over, that has the truth. */
  async #tell(carried: Carried): Promise<void> {
    if (carried.isTelling) return
    carried.isTelling = true
    try {
      while (carried.told < carried.seq) {
        const { seq } = carried
        await writeDeployment(this.env.DB, written(carried), seq)
        const isFirst = carried.told === 0
        carried.told = seq
        if (isFirst) this.#go(carried)
      }
      this.#letGo(carried)
    } catch (error) {
      console.warn(`the database has not heard of deployment ${carried.state.release.id} yet`, error)
    } finally {
      carried.isTelling = false
    }
  }

  /** Of what is over, nothing stays here. */
  #letGo({ state }: Carried): void {
    const { id } = state.release
    if (state.phase !== 'ended' || state.wanted.length > 0 || !this.#carried.delete(id)) return
    this.ctx.storage.kv.delete(DEPLOYMENT + id)
    this.ctx.storage.kv.delete(EVIDENCE + id)
  }

  /** One alarm for what comes next. */
  #plan(): void {
    const now = Date.now()
    const times = [...this.#carried.values()].flatMap(({ state, told, seq }) => {
      const guard = state.wanted.length > 0 || told < seq ? [now + GUARD_MS] : []
      const tick = nextTick(state)
      return tick === undefined ? guard : [...guard, tick]
    })
    if (times.length === 0) return
    this.#planAt(Math.max(Math.min(...times), now))
  }

  #planAt(at: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return
    this.#alarmAt = at
    this.ctx.storage.setAlarm(at)
  }

  #hands({ release }: DeploymentState): Hands {
    const { env } = this
    const listener = { binding: 'DEPLOYMENT_DRIVER', object: this.ctx.id.name! } as const
    const { FunctionCaller } = workerExports as unknown as { FunctionCaller: Service & FunctionCaller }
    return {
      target: spec => this.#target(spec),
      invoke: invocation => FunctionCaller.invoke(invocation),
      publish: publishToTopic(env),
      listenToAlarms: names => listenToAlarms(env, this.#account, names, listener),
      stopListening: async () => {
        // The next deployment of the group has said already which alarms it listens to.
        const others = [...this.#carried.values()].filter(({ state }) => state.release.id !== release.id)
        if (others.every(({ state }) => state.phase === 'ended'))
          await stopListening(env, this.#account, listener)
      },
      newId: () => crypto.randomUUID(),
    }
  }

  #target(spec: TargetSpec): Target {
    return spec.type === 'alias'
      ? aliasTarget(this.env, this.#account, spec)
      : stageTarget(this.env, this.#account, spec)
  }

  #clear(prefix: string): void {
    const { kv } = this.ctx.storage
    for (const [key] of [...kv.list({ prefix })]) kv.delete(key)
  }
}

function written({ state, evidence }: Carried): WrittenDeployment {
  const { totals, reason } = evidence.verdict()
  return { state, totals, ...(state.release.comparison && { finding: reason }) }
}

/** Whether something is being done to a target, wanted or not any more. */
const isBusy = ({ running }: Carried, target: number): boolean =>
  [...running.values()].some(effect => 'target' in effect && effect.target === target)

/** What isolates are told to do about it. */
function courseOf(state: DeploymentState): 'on' | 'back' | 'over' {
  if (isUnderWay(state)) return 'on'
  return state.phase === 'rolling-back' ? 'back' : 'over'
}
