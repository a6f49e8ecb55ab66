import { carryOut, type Hands } from '../../src/deployments/carry-out.ts'
import type { DeploymentState, Effect, Release } from '../../src/deployments/deployment-state.ts'
import type { Shifted } from '../../src/deployments/feed/shift.ts'
import { type TargetSpec, targetId } from '../../src/deployments/release.ts'
import { ownedTarget } from '../../src/deployments/targets/owned-target.ts'
import {
  beginDeployment,
  type DeploymentEvent,
  nextTick,
  transition,
} from '../../src/deployments/transition.ts'
import type { AlarmState, AlarmStatus } from '../../src/observability/alarms/alarm-state.ts'

interface SimulatedAlias extends Shifted {
  readonly version: string
  readonly share: number
}

/** A process that ends in the middle of something. */
export class Crash extends Error {}

export const MINUTE = 60_000
export const BEGUN = Date.UTC(2026, 10, 23, 12)

/** A release of `orders:live` from version 1 to 2, 10 % and the rest after five minutes, unless something else is said. */
export const aRelease = (further: Partial<Release> = {}): Release => ({
  schema: 1,
  id: 'd-AAAAAAAAA',
  rollBackId: 'd-BBBBBBBBB',
  account: { id: '111122223333', region: 'eu-west-1' },
  application: 'shop',
  group: 'orders',
  groupId: '5f6d1c2e-0000-4000-8000-000000000000',
  configuration: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
  steps: [
    { share: 0.1, minutes: 5 },
    { share: 1, minutes: 0 },
  ],
  targets: [anAlias('orders')],
  hooks: {},
  alarms: { names: [], ignorePollFailure: false },
  rollBackOn: [],
  options: { firingAlarms: 'stop' },
  triggers: [],
  role: 'arn:aws:iam::111122223333:role/deploy',
  minuteMs: MINUTE,
  created: BEGUN,
  by: 'arn:aws:iam::111122223333:user/ann',
  asked: { revision: { type: 'AppSpecContent', content: '{}', sha256: '' } },
  ...further,
})

export const anAlias = (name: string): TargetSpec => ({
  type: 'alias',
  function: name,
  alias: 'live',
  target: '2',
})

/** Everything outside of a deployment, and the object that carries it through: what it has saved is text. */
export class SimulatedWorld {
  now = BEGUN
  readonly aliases = new Map<string, SimulatedAlias>()
  readonly alarms = new Map<string, AlarmState>()
  readonly published: Array<{ readonly topic: string; readonly message: Record<string, unknown> }> = []
  readonly calls: Array<{ readonly name: string; readonly payload: Record<string, string> }> = []
  /** Shares of the first target as callers saw them, in order. */
  readonly seen: number[] = []
  /** What functions of hooks answer; otherwise they succeed. */
  hook: 'Succeeded' | 'Failed' | 'throws' | 'silent' = 'Succeeded'
  /** Asked before and after everything that is done; may throw a {@link Crash}. */
  atPoint: (place: string) => void = () => {}
  /** Before each step of the clock. */
  atTime: (state: DeploymentState) => DeploymentEvent | undefined = () => undefined
  #saved = ''
  #answers: DeploymentEvent[] = []

  constructor(release: Release) {
    for (const spec of release.targets) this.aliases.set(targetId(spec), { version: '1', share: 0 })
    for (const name of release.alarms.names) this.alarms.set(name, 'OK')
    this.#save(beginDeployment(release))
  }

  get state(): DeploymentState {
    return JSON.parse(this.#saved) as DeploymentState
  }

  hear(event: DeploymentEvent): void {
    this.#save(transition(this.state, event, this.now))
  }

  /** Until nothing is left to be done; a process that crashed is started again. */
  async run(): Promise<DeploymentState> {
    for (let turn = 0; turn < 2_000; turn++) {
      try {
        if (await this.#turn()) return this.state
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
    }
    throw new Error(`it does not end: ${JSON.stringify(this.state, null, 1)}`)
  }

  async #turn(): Promise<boolean> {
    const { state } = this
    const effect = firstOf(state, this.now)
    if (effect) {
      this.atPoint(`before ${effect.kind}`)
      const ended = await carryOut(state, effect, this.#hands())
      this.atPoint(`after ${effect.kind}`)
      this.hear(ended)
      this.atPoint(`heard ${effect.kind}`)
      return false
    }
    const answer = this.#answers.shift() ?? this.atTime(state)
    if (answer) {
      this.hear(answer)
      return false
    }
    const next = nextTick(state)
    if (next === undefined) return true
    this.now = Math.max(this.now, next)
    this.hear({ kind: 'tick' })
    return false
  }

  #save(state: DeploymentState): void {
    this.#saved = JSON.stringify(state)
  }

  #hands(): Hands {
    return {
      target: spec => this.#target(spec),
      invoke: async invocation => {
        const payload = JSON.parse(String(invocation.payload)) as Record<string, string>
        this.calls.push({ name: invocation.name, payload })
        const executionId = payload.LifecycleEventHookExecutionId!
        const failed = this.hook === 'throws'
        if (this.hook === 'Succeeded' || this.hook === 'Failed') {
          this.#answers.push({ kind: 'hook-answered', executionId, status: this.hook })
        }
        return {
          kind: 'answered',
          executedVersion: '1',
          ...(failed && { functionError: 'Unhandled' }),
          payload: failed ? '{"errorMessage":"no such table"}' : 'null',
          logs: '',
          durationMs: 1,
        }
      },
      publish: async (topic, { message }) => {
        this.published.push({ topic, message: JSON.parse(message) as Record<string, unknown> })
        return 'id'
      },
      listenToAlarms: async names =>
        names.flatMap((name): AlarmStatus[] => {
          const state = this.alarms.get(name)
          return state ? [{ name, state, since: this.now, reason: '' }] : []
        }),
      stopListening: async () => {},
      newId: () => 'request',
    }
  }

  #target(spec: TargetSpec) {
    const name = targetId(spec)
    const { aliases } = this
    const isFirst = name === aliases.keys().next().value
    return ownedTarget<SimulatedAlias>({
      name,
      to: spec.target,
      load: async () => {
        const doc = aliases.get(name)
        if (!doc) return { reason: 'gone', message: `there is no alias ${name}` }
        return {
          doc,
          replace: changed =>
            ({
              commit: async () => {
                aliases.set(name, changed)
                const share = changed.version === spec.target ? 1 : changed.share
                if (isFirst && this.seen.at(-1) !== share) this.seen.push(share)
              },
            }) as never,
        }
      },
      read: async () => aliases.get(name),
      current: ({ version }) => version,
      refuseClaim: ({ version }) => (version === spec.target ? `${name} is there already` : undefined),
      begun: doc => ({ ...doc, share: 0 }),
      shared: (doc, share) => ({ ...doc, share }),
      settled: () => ({ version: spec.target, share: 0 }),
      restored: doc => ({ version: doc.shift!.from, share: 0 }),
      state: ({ version, shift }) => ({ current: shift?.from ?? version, owner: shift?.deployment }),
      publish: async () => {},
    })
  }
}

/** What is done next: what concerns one target is done in order. */
function firstOf({ wanted }: DeploymentState, now: number): Effect | undefined {
  const taken = new Set<number>()
  return wanted.find(effect => {
    if ('target' in effect) {
      const isNext = !taken.has(effect.target)
      taken.add(effect.target)
      if (!isNext) return false
    }
    return (effect.notBefore ?? 0) <= now
  })
}
