import type {
  AlarmDefinition,
  CompositeAlarmDefinition,
  MetricAlarmDefinition,
} from '../../../src/observability/alarms/alarm.ts'
import { AlarmBook, type BookContents, type BookSaves } from '../../../src/observability/alarms/alarm-book.ts'
import type { AlarmState } from '../../../src/observability/alarms/alarm-state.ts'

export const arnOf = (name: string): string => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`

export const ACCOUNT = { id: '000000000000', region: 'us-east-1' }

const COMMON = {
  ActionsEnabled: true,
  OKActions: ['ok'],
  AlarmActions: ['alarm'],
  InsufficientDataActions: [],
}

export const metricAlarm = (
  AlarmName: string,
  over: Partial<MetricAlarmDefinition> = {},
): MetricAlarmDefinition => ({
  type: 'metric',
  AlarmName,
  ...COMMON,
  Namespace: 'App',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
  ...over,
})

export const compositeAlarm = (
  AlarmName: string,
  AlarmRule: string,
  over: Partial<CompositeAlarmDefinition> = {},
): CompositeAlarmDefinition => ({ type: 'composite', AlarmName, AlarmRule, ...COMMON, ...over })

/** A book, and what a disk would have of it. */
export class KeptBook {
  book: AlarmBook
  readonly history: string[] = []
  readonly #alarms = new Map<string, BookContents['alarms'][number]>()
  readonly #effects = new Map<number, BookContents['effects'][number]>()
  readonly #listeners = new Map<string, BookContents['listeners'][number]>()

  constructor() {
    this.book = this.#open()
  }

  put(definition: AlarmDefinition, now = 0): string | undefined {
    return this.book.put(definition, {}, now)?.message
  }

  set(name: string, value: AlarmState, now: number): void {
    this.book.setState(name, { value, reason: `set to ${value}` }, now)
  }

  stateOf(name: string): AlarmState | undefined {
    return this.book.get(name)?.state.value
  }

  /** What is to be done, as `target: alarm is STATE`; it is done with that. */
  takeEffects(now: number): string[] {
    const done: string[] = []
    for (let due = this.book.dueEffects(now); due.length > 0; due = this.book.dueEffects(now)) {
      for (const pending of due) {
        const { effect } = pending
        done.push(
          effect.kind === 'action'
            ? `${effect.arn}: ${effect.change.definition.AlarmName} is ${effect.change.after.value}`
            : `${effect.listener.object}: ${effect.status.name} is ${effect.status.state}`,
        )
        this.book.effectEnded(pending, 'said', undefined, now)
      }
    }
    return done.sort()
  }

  save(): BookSaves {
    const saves = this.book.takeSaves()
    for (const record of saves.alarms) this.#alarms.set(record.definition.AlarmName, record)
    for (const name of saves.removed) this.#alarms.delete(name)
    for (const pending of saves.effects) this.#effects.set(pending.number, pending)
    for (const number of saves.doneEffects) this.#effects.delete(number)
    for (const listening of saves.listeners) {
      if (listening.names.length > 0) this.#listeners.set(listening.listener.object, listening)
      else this.#listeners.delete(listening.listener.object)
    }
    this.history.push(...saves.history.map(({ alarm, summary }) => `${alarm}: ${summary}`))
    return saves
  }

  /** What is not saved is lost. */
  crash(): void {
    this.book = this.#open()
  }

  #open(): AlarmBook {
    const contents = structuredClone({
      alarms: [...this.#alarms.values()],
      effects: [...this.#effects.values()],
      listeners: [...this.#listeners.values()],
    })
    let ids = 0
    return new AlarmBook(contents, { realMs: seconds => seconds * 1_000, newId: () => `id-${++ids}`, arnOf })
  }
}
