import { setTimeout as delay } from 'node:timers/promises'
import type { Checkpoint } from './checkpoint.ts'
import type { Shop } from './shop.ts'

/** What a deployment is like, what is done to it, and what must become of it. */
export interface Scenario {
  /** Members of its deployment group. */
  readonly group?: object
  /** Of its AppSpec, beside the resources. */
  readonly appSpec?: object
  /** It releases a stage, too. */
  readonly withStage?: boolean
  /** It has an alarm of its own; otherwise it watches one that is quiet. */
  readonly withAlarm?: boolean
  readonly hooks?: Readonly<Record<string, 'Succeeded' | 'Failed'>>
  /** Done once the first share is the new version's. */
  readonly interference?: 'alarm' | 'stop and go back' | 'stop'
  readonly ends: {
    readonly status: 'Succeeded' | 'Failed' | 'Stopped'
    /** What the alias points at, and the share of the other version. */
    readonly version: string
    readonly weight?: number
    readonly isRolledBack?: boolean
    /** Statuses that topics are told. */
    readonly told: readonly string[]
  }
}

/** A checkpoint, and how it is called: by where it is, and which time since the server was last started. */
export interface Passed extends Checkpoint {
  readonly label: string
  /** Of the deployment, also where the checkpoint does not say it. */
  readonly at: string
}

/** A deployment that is begun, answered, continued and interfered with by one who sees all of its checkpoints. */
export class WatchedDeployment {
  readonly name: string
  readonly scenario: Scenario
  readonly passed: Passed[] = []
  /** Statuses that its topic was told, of itself and of its roll-back. */
  readonly told = new Set<string>()
  /** Execution ids that each hook was called with, as often as it was. */
  readonly executions = new Map<string, string[]>()
  /** Labels of checkpoints where it was halted, and then killed. */
  readonly halted: string[] = []
  id: string | undefined
  readonly #shop: Shop
  readonly #stops: string[]
  readonly #seen = new Map<string, number>()
  /** Hooks that were called and not answered yet, by execution. */
  readonly #open = new Map<string, string>()
  #latest: Checkpoint | undefined
  #isHalted = false
  #isActing = false
  #life = 0
  #hasInterfered = false
  #isOver = false

  /** @param stops labels of checkpoints to be halted at, one in each life of the server */
  constructor(shop: Shop, name: string, scenario: Scenario, stops: readonly string[] = []) {
    this.name = name
    this.scenario = scenario
    this.#shop = shop
    this.#stops = [...stops]
  }

  /** Whether the deployment may go on. */
  pass(checkpoint: Checkpoint): boolean {
    const { call, when, detail, phase } = checkpoint
    this.id ??= checkpoint.deployment
    // Who calls functions does not know of phases.
    if (phase !== undefined) this.#latest = checkpoint
    const at = `${this.#latest!.phase} ${this.#latest!.step}`
    const place = `${phase === undefined ? '' : `${at}: `}${call}, ${when}`
    const count = (this.#seen.get(place) ?? 0) + 1
    this.#seen.set(place, count)
    const label = `${place} #${count}`
    this.passed.push({ ...checkpoint, label, at })
    const hook = call.startsWith('hook ') && detail !== undefined ? call.slice('hook '.length) : undefined
    if (hook && when === 'before') this.executions.set(hook, [...(this.executions.get(hook) ?? []), detail!])
    if (call === 'TOPIC_HUB.publish' && when === 'after') this.#noteTold(detail!)
    // Nothing of it moves any more.
    if (this.#isHalted) return false
    const stop = this.#stops.indexOf(label)
    if (stop >= 0) {
      this.#stops.splice(0, stop + 1)
      this.halted.push(label)
      this.#isHalted = true
      return false
    }
    if (hook && when === 'after') this.#open.set(detail!, hook)
    return true
  }

  begin(): void {
    // Whoever is killed does not answer; its id is known by its checkpoints.
    this.#shop.begin(this.name, this.scenario).catch(error => {
      if (isRefusal(error)) throw error
    })
  }

  /** Whether nothing more will come of it, unless the server is started again. */
  get isStill(): boolean {
    return this.#isHalted || this.#isOver
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it was killed before anything of it was written. */
  get neverWas(): boolean {
    return this.halted[0] === 'none -1: begin, before #1'
  }

  /** The server was started again. */
  revive(): void {
    this.#seen.clear()
    this.#isHalted = false
    this.#isActing = false
    this.#life++
    if (this.neverWas) this.#isOver = true
  }

  /** Does what is to be done about it, until it is halted or over. */
  async see(patience: number): Promise<void> {
    const end = performance.now() + patience
    while (!this.isStill && performance.now() < end) {
      // What it does may be held up, too.
      if (this.id !== undefined && !this.#isActing) void this.#actOnce()
      await delay(50)
    }
  }

  async #actOnce(): Promise<void> {
    this.#isActing = true
    const life = this.#life
    try {
      await this.#act()
    } catch {
      // It is another moment than it was thought to be, or nobody answers: again.
    }
    if (life === this.#life) this.#isActing = false
  }

  async #act(): Promise<void> {
    const { codeDeploy, cloudWatch } = this.#shop
    const { interference, hooks } = this.scenario
    const deploymentId = this.id!
    for (const [lifecycleEventHookExecutionId, hook] of this.#open) {
      const answer = { deploymentId, lifecycleEventHookExecutionId, status: hooks![hook]! }
      await codeDeploy.putLifecycleEventHookExecutionStatus(answer).catch(error => {
        // Where it was answered before the server was killed.
        if (!isRefusal(error)) throw error
      })
      this.#open.delete(lifecycleEventHookExecutionId)
    }
    const { phase, step, wanted } = this.#latest!
    if (phase === 'ready') await codeDeploy.continueDeployment({ deploymentId })
    if (phase === 'shifting' && step === 0 && !wanted!.includes('shift') && !this.#hasInterfered) {
      if (interference === 'alarm') {
        await cloudWatch.setAlarmState({ AlarmName: this.name, StateValue: 'ALARM', StateReason: 'loud' })
      } else if (interference) {
        await codeDeploy.stopDeployment({
          deploymentId,
          autoRollbackEnabled: interference === 'stop and go back',
        })
      }
      this.#hasInterfered = true
    }
    if (phase === 'ended') this.#isOver = this.#isAllTold && (await this.#shop.isOver(deploymentId))
  }

  get #isAllTold(): boolean {
    return this.scenario.ends.told.every(status => this.told.has(status))
  }

  #noteTold(messages: string): void {
    for (const { message } of JSON.parse(messages) as { message: string }[]) {
      const { deploymentId, status } = JSON.parse(message) as Record<string, string>
      this.told.add(deploymentId === this.id ? status! : `roll-back ${status}`)
    }
  }
}

const isRefusal = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 500) < 500
