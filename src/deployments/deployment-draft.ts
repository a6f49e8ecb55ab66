import type {
  DeploymentState,
  Effect,
  HistoryEntry,
  LifecycleEventName,
  LifecycleState,
  MovedTarget,
  Notice,
  Phase,
} from './deployment-state.ts'

// An effect without its number and attempts; Omit alone would forget which members go together.
type NewEffect = Effect extends infer E ? (E extends Effect ? Omit<E, 'id' | 'attempts'> : never) : never

/** Lines of history beyond which only what matters most is kept: a row of the database holds 2 MB. */
const MOST_HISTORY = 1_000

/** A deployment's state while a transition changes it. States themselves are never changed. */
export class DeploymentDraft {
  state: DeploymentState
  protected readonly now: number

  constructor(state: DeploymentState, now: number) {
    this.state = state
    this.now = now
  }

  protected stopWatching() {
    if (this.state.release.alarms.names.length > 0) this.want({ kind: 'unwatch-alarms' })
  }

  protected notify(event: string, of: Notice) {
    for (const [trigger, { events }] of this.state.release.triggers.entries()) {
      if (events.includes(event)) this.want({ kind: 'notify', trigger, event, of })
    }
  }

  /** Nothing that was waited for in the phase before matters any more. */
  protected enter(phase: Phase, due?: number) {
    this.set({ phase, due })
  }

  protected in(minutes: number): number {
    return this.now + minutes * this.state.release.minuteMs
  }

  protected want(effect: NewEffect) {
    const { nextEffect, wanted } = this.state
    const numbered = { ...effect, id: nextEffect, attempts: 0 } as Effect
    this.set({ nextEffect: nextEffect + 1, wanted: [...wanted, numbered] })
  }

  protected drop(gone: (effect: Effect) => boolean) {
    this.set({ wanted: this.state.wanted.filter(effect => !gone(effect)) })
  }

  protected wants(...kinds: ReadonlyArray<Effect['kind']>): boolean {
    return this.state.wanted.some(({ kind }) => kinds.includes(kind))
  }

  protected target(index: number, change: Partial<MovedTarget>) {
    this.set({
      targets: this.state.targets.map((target, at) => (at === index ? { ...target, ...change } : target)),
    })
  }

  protected lifecycle(name: LifecycleEventName, status: LifecycleState['status'], message?: string) {
    const before = this.state.lifecycle[name]
    const isOver = status !== 'InProgress' && status !== 'Pending'
    const state: LifecycleState = {
      status,
      started: before.started ?? (status === 'Skipped' ? undefined : this.now),
      ended: isOver && status !== 'Skipped' ? this.now : undefined,
      message,
    }
    this.set({ lifecycle: { ...this.state.lifecycle, [name]: state } })
  }

  protected note(kind: HistoryEntry['kind'], text: string, who?: string) {
    const { history } = this.state
    if (history.length >= MOST_HISTORY && (kind === 'alarm' || kind === 'trouble')) return
    this.set({ history: [...history, { at: this.now, kind, text, ...(who !== undefined && { who }) }] })
  }

  protected set(change: Partial<DeploymentState>) {
    this.state = { ...this.state, ...change }
  }
}
