import { type Tags, withoutTags } from '../../lib/tags.ts'
import {
  type AlarmDefinition,
  type AlarmRecord,
  type CompositeAlarmDefinition,
  type StateRecord,
  statusOf,
} from './alarm.ts'
import { actionsOf, type PendingEffect } from './alarm-effects.ts'
import type { AlarmState, AlarmStatus } from './alarm-state.ts'
import {
  type AlarmRefusal,
  type DependencyView,
  dependents,
  nameOf,
  refusalOfPut,
  refusalOfRemoval,
} from './dependencies.ts'
import { type AlarmQuery, type DescribedAlarms, describeAlarms } from './describe-alarms.ts'
import { earliest } from './earliest.ts'
import { EffectQueue, type QueueSaves } from './effect-queue.ts'
import { actionItem, configurationItem, type HistoryItem, stateItem } from './history.ts'
import { compositeReason } from './rules/composite-reason.ts'
import { evaluateAlarmRule } from './rules/evaluate-alarm-rule.ts'
import { type AlarmRule, isRuleTrouble, parseAlarmRule } from './rules/parse-alarm-rule.ts'
import { type Suppressed, suppressedChange, suppressionEnded, suppressorChanged } from './suppress-actions.ts'
import type { ListenerAddress } from './watch-calls.ts'

/** What an alarm was found to be; only its state is set, and that only if it is still the same alarm. */
export interface Finding {
  readonly name: string
  /** {@link AlarmRecord.configured} of the alarm that was looked at. */
  readonly configured: number
  readonly value: AlarmState
  readonly reason: string
  readonly reasonData?: string
}

/** What has to be written down before anybody hears of it. */
export interface BookSaves extends QueueSaves {
  readonly alarms: readonly AlarmRecord[]
  readonly removed: readonly string[]
  readonly history: readonly HistoryItem[]
  readonly listeners: readonly Listening[]
}

/** Who listens to which alarms; to none: does no longer. */
export interface Listening {
  readonly listener: ListenerAddress
  readonly names: readonly string[]
}

export interface BookContents {
  readonly alarms: readonly AlarmRecord[]
  readonly effects: readonly PendingEffect[]
  readonly listeners: readonly Listening[]
}

export interface BookOptions {
  /** Milliseconds of so many nominal seconds. */
  readonly realMs: (seconds: number) => number
  readonly newId: () => string
  readonly arnOf: (name: string) => string
}

const INITIAL_REASON = 'Unchecked: Initial alarm creation'

const MOST_TAGS = 50

/**
 * All alarms of an account in a region, what they are, and what has to be done because of it. Pure: it is told the time,
 * and says by {@link takeSaves} what has to be written down. Times are epoch milliseconds.
 */
export class AlarmBook {
  readonly #options: BookOptions
  readonly #alarms = new Map<string, AlarmRecord>()
  readonly #rules = new Map<string, AlarmRule>()
  readonly #listeners = new Map<string, Listening>()
  readonly #queue: EffectQueue
  /** Names; what has changed since {@link takeSaves}. */
  readonly #dirty = new Set<string>()
  readonly #removed = new Set<string>()
  #history: HistoryItem[] = []
  readonly #dirtyListeners = new Set<string>()

  constructor({ alarms, effects, listeners }: BookContents, options: BookOptions) {
    this.#options = options
    for (const record of alarms) this.#alarms.set(record.definition.AlarmName, record)
    for (const { definition } of alarms) this.#readRule(definition)
    this.#queue = new EffectQueue(effects, options.newId)
    for (const listening of listeners) this.#listeners.set(listening.listener.object, listening)
  }

  get(name: string): AlarmRecord | undefined {
    return this.#alarms.get(name)
  }

  /** In the order of their names. */
  all(): AlarmRecord[] {
    return [...this.#alarms.values()].sort((one, other) =>
      one.definition.AlarmName < other.definition.AlarmName ? -1 : 1,
    )
  }

  describe(asked: AlarmQuery): DescribedAlarms {
    return describeAlarms(this.all(), this.#rules, asked)
  }

  statuses(names: readonly string[]): AlarmStatus[] {
    return names.flatMap(name => {
      const found = this.#alarms.get(name)
      return found ? [statusOf(found)] : []
    })
  }

  /** Makes an alarm, or replaces its definition and leaves its state and tags. */
  put(definition: AlarmDefinition, tags: Tags, now: number): AlarmRefusal | undefined {
    const refused = refusalOfPut(this.#view, definition)
    if (refused) return refused
    const name = definition.AlarmName
    const known = this.#alarms.get(name)
    // A time names one definition: see Finding.
    const configured = Math.max(now, (known?.configured ?? 0) + 1)
    const record: AlarmRecord = known
      ? {
          ...known,
          definition,
          configured,
          suppression: sameSuppressor(known.definition, definition) ? known.suppression : undefined,
        }
      : { definition, configured, tags, state: initialState(now) }
    this.#keep(record)
    this.#readRule(definition)
    this.#history.push(configurationItem(known ? 'Update' : 'Create', record, now))
    this.#judge(definition.type === 'composite' ? [name, ...this.#above([name])] : this.#above([name]), now)
    return undefined
  }

  /** All of them, or none and why. */
  remove(names: readonly string[], now: number): AlarmRefusal | undefined {
    const refused = refusalOfRemoval(this.#view, names)
    if (refused) return refused
    for (const name of names) {
      const record = this.#alarms.get(name)
      if (!record) continue
      this.#history.push(configurationItem('Delete', record, now))
      this.#alarms.delete(name)
      this.#rules.delete(name)
      this.#dirty.delete(name)
      this.#removed.add(name)
    }
    return undefined
  }

  /** @returns false: there is no such alarm */
  setState(
    name: string,
    state: { readonly value: AlarmState; readonly reason: string; readonly reasonData?: string },
    now: number,
  ): boolean {
    const record = this.#alarms.get(name)
    if (!record) return false
    const changed = this.#change(record, state, now)
    if (changed) this.#judge(this.#above([name]), now)
    return true
  }

  enableActions(names: readonly string[], enabled: boolean, now: number): void {
    for (const name of names) {
      const record = this.#alarms.get(name)
      if (!record || record.definition.ActionsEnabled === enabled) continue
      const after = { ...record, definition: { ...record.definition, ActionsEnabled: enabled } }
      this.#keep(after)
      this.#history.push(configurationItem('Update', after, now))
    }
  }

  /** 'too many': nothing was changed. Undefined: there is no such alarm. */
  changeTags(
    name: string,
    { remove = [], add = {} }: { readonly remove?: readonly string[]; readonly add?: Tags },
  ): Tags | 'too many' | undefined {
    const record = this.#alarms.get(name)
    if (!record) return undefined
    const tags = { ...withoutTags(record.tags, remove), ...add }
    if (Object.keys(tags).length > MOST_TAGS) return 'too many'
    this.#keep({ ...record, tags })
    return tags
  }

  /** What metric alarms were found to be: all are changed before any composite alarm is judged by them. */
  found(findings: readonly Finding[], now: number): void {
    const changed: string[] = []
    for (const { name, configured, ...state } of findings) {
      const record = this.#alarms.get(name)
      if (record?.configured !== configured) continue
      if (record.state.value !== state.value || record.state.reason === INITIAL_REASON) {
        if (this.#change(record, state, now)) changed.push(name)
      }
    }
    this.#judge(this.#above(changed), now)
  }

  /** Lets actions go whose time of waiting is over. */
  pass(now: number): void {
    for (const record of this.#alarms.values()) {
      if (record.suppression?.until === undefined || record.suppression.until > now) continue
      this.#settle(record, suppressionEnded(this.#suppressing(record, now)), now)
    }
  }

  /** When {@link pass} next has something to do. */
  nextPass(): number | undefined {
    return earliest([...this.#alarms.values()].map(({ suppression }) => suppression?.until))
  }

  listen(names: readonly string[], listener: ListenerAddress): AlarmStatus[] {
    if (names.length === 0) this.#listeners.delete(listener.object)
    else this.#listeners.set(listener.object, { listener, names })
    this.#dirtyListeners.add(listener.object)
    return this.statuses(names)
  }

  /** What is to be done now. */
  dueEffects(now: number): PendingEffect[] {
    return this.#queue.due(now)
  }

  /** When something is next to be done. */
  nextEffect(): number | undefined {
    return this.#queue.next()
  }

  /** It was done, or never can be, and why; an action's message is what was sent. */
  effectEnded(pending: PendingEffect, message: string, error: string | undefined, now: number): void {
    const { effect } = pending
    if (!this.#queue.ended(pending) || effect.kind !== 'action') return
    const { definition, after } = effect.change
    const alarm = { alarm: definition.AlarmName, type: definition.type }
    this.#history.push(actionItem(alarm, effect.arn, after.updated, message, error, now))
  }

  /** It could not be done this time. */
  effectFailed(pending: PendingEffect, message: string, error: string, now: number): void {
    if (!this.#queue.failed(pending, now)) this.effectEnded(pending, message, error, now)
  }

  /** What has changed since the last time. */
  takeSaves(): BookSaves {
    const saves: BookSaves = {
      alarms: [...this.#dirty].map(name => this.#alarms.get(name)!),
      removed: [...this.#removed],
      history: this.#history,
      ...this.#queue.takeSaves(),
      listeners: [...this.#dirtyListeners].map(
        object =>
          this.#listeners.get(object) ?? { listener: { binding: 'DEPLOYMENT_DRIVER', object }, names: [] },
      ),
    }
    for (const set of [this.#dirty, this.#removed, this.#dirtyListeners]) set.clear()
    this.#history = []
    return saves
  }

  /** Gives an alarm a state. @returns whether that is another one than before */
  #change(
    record: AlarmRecord,
    { value, reason, reasonData }: Pick<StateRecord, 'value' | 'reason' | 'reasonData'>,
    now: number,
  ): boolean {
    const before = record.state
    const isOther = value !== before.value
    const state: StateRecord = {
      value,
      reason,
      reasonData,
      updated: now,
      since: isOther ? now : before.since,
    }
    const after = { ...record, state }
    this.#keep(after)
    if (!isOther) return false
    const { definition } = after
    this.#history.push(stateItem(definition, before, state))
    this.#tellListeners(after, now)
    const settled =
      definition.type === 'composite' && definition.ActionsSuppressor !== undefined
        ? suppressedChange(this.#suppressing(after, now), before)
        : { suppression: undefined, act: before }
    this.#settle(after, settled, now)
    this.#tellSuppressed(definition.AlarmName, before.value, now)
    return true
  }

  /** Keeps what suppresses an alarm's actions, and plans those that nothing does any more. */
  #settle(record: AlarmRecord, { suppression, act }: Suppressed, now: number): void {
    const was = record.suppression
    if (suppression !== was) this.#keep({ ...record, suppression })
    // A state that has come back while its actions waited is no news.
    if (!act || act.value === record.state.value) return
    for (const effect of actionsOf(record, act, was?.by)) this.#queue.add(effect, now)
  }

  /** Those whose actions an alarm suppresses: it was `was`. */
  #tellSuppressed(name: string, was: AlarmState, now: number): void {
    for (const record of this.#alarms.values()) {
      const { definition } = record
      if (definition.type !== 'composite' || definition.ActionsSuppressor === undefined) continue
      if (nameOf(definition.ActionsSuppressor) !== name) continue
      this.#settle(record, suppressorChanged(this.#suppressing(record, now), was), now)
    }
  }

  #suppressing(record: AlarmRecord, now: number) {
    const definition = record.definition as CompositeAlarmDefinition
    const suppressor = this.#alarms.get(nameOf(definition.ActionsSuppressor ?? ''))?.state.value
    return { definition, suppression: record.suppression, suppressor, now, realMs: this.#options.realMs }
  }

  #tellListeners(record: AlarmRecord, now: number): void {
    const status = statusOf(record)
    for (const { listener, names } of this.#listeners.values()) {
      if (names.includes(status.name)) this.#queue.add({ kind: 'listener', listener, status }, now)
    }
  }

  /** Judges composite alarms by their rules, in this order. */
  #judge(names: readonly string[], now: number): void {
    for (const name of names) {
      const record = this.#alarms.get(name)
      const rule = this.#rules.get(name)
      if (!record || !rule) continue
      const find = (alarm: string) => this.#alarms.get(nameOf(alarm))
      const value = evaluateAlarmRule(rule, alarm => find(alarm)?.state.value) ? 'ALARM' : 'OK'
      if (value === record.state.value) continue
      const { arnOf } = this.#options
      const itself = { arn: arnOf(name), isNew: record.state.reason === INITIAL_REASON }
      this.#change(record, { value, ...compositeReason(rule, value, itself, { find, arnOf }, now) }, now)
    }
  }

  /** Composite alarms that stand on any of these, each after those that it stands on itself. */
  #above(names: readonly string[]): string[] {
    return names.length === 0 ? [] : dependents(this.#view, names)
  }

  get #view(): DependencyView {
    return { alarms: this.#alarms, rules: this.#rules, arnOf: this.#options.arnOf }
  }

  #readRule(definition: AlarmDefinition): void {
    this.#rules.delete(definition.AlarmName)
    if (definition.type !== 'composite') return
    const rule = parseAlarmRule(definition.AlarmRule)
    // Nothing that cannot be read was ever kept.
    if (!isRuleTrouble(rule)) this.#rules.set(definition.AlarmName, rule)
  }

  #keep(record: AlarmRecord): void {
    const name = record.definition.AlarmName
    this.#alarms.set(name, record)
    this.#dirty.add(name)
    this.#removed.delete(name)
  }
}

const initialState = (now: number): StateRecord => ({
  value: 'INSUFFICIENT_DATA',
  reason: INITIAL_REASON,
  updated: now,
  since: now,
})

const sameSuppressor = (one: AlarmDefinition, other: AlarmDefinition): boolean =>
  one.type === 'composite' && other.type === 'composite' && one.ActionsSuppressor === other.ActionsSuppressor
