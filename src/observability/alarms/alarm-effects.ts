import type { AlarmDefinition, AlarmRecord, StateRecord, Suppression } from './alarm.ts'
import type { AlarmStatus } from './alarm-state.ts'
import type { ListenerAddress } from './watch-calls.ts'

/** A change of an alarm's state, as those are told of it whom it concerns. */
export interface AlarmChange {
  readonly definition: AlarmDefinition
  /** When the definition last changed; epoch milliseconds. */
  readonly configured: number
  readonly before: StateRecord
  readonly after: StateRecord
  /** What has kept the change from being acted on until now. */
  readonly suppressed?: Suppression['by']
}

/** What has to be done because of a change. It is written down together with the change, and then done at least once. */
export type AlarmEffect =
  | { readonly kind: 'action'; readonly arn: string; readonly change: AlarmChange }
  | { readonly kind: 'listener'; readonly listener: ListenerAddress; readonly status: AlarmStatus }

/** ... and when. */
export interface PendingEffect {
  /** Grows; effects on one target are done in this order. */
  readonly number: number
  /** Known to whoever is told: one that is told twice has the same. */
  readonly id: string
  readonly effect: AlarmEffect
  /** Epoch milliseconds. */
  readonly since: number
  readonly due: number
  readonly failures: number
}

const ACTIONS = {
  OK: 'OKActions',
  ALARM: 'AlarmActions',
  INSUFFICIENT_DATA: 'InsufficientDataActions',
} as const

/** What an alarm is to do about the state that it is in now. */
export function actionsOf(
  { definition, configured, state }: AlarmRecord,
  before: StateRecord,
  suppressed?: Suppression['by'],
): AlarmEffect[] {
  if (!definition.ActionsEnabled) return []
  const change: AlarmChange = { definition, configured, before, after: state, suppressed }
  return definition[ACTIONS[state.value]].map(arn => ({ kind: 'action', arn, change }))
}

/** Effects on one target happen one after the other. */
export const targetOf = (effect: AlarmEffect): string =>
  effect.kind === 'action' ? effect.arn : `${effect.listener.binding}/${effect.listener.object}`

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** "CloudWatch retries until the invocation is successful"; here for a day. */
const PATIENCE_MS = 86_400_000

/** The effect when it is tried again; undefined: it is given up. */
export function afterFailure(pending: PendingEffect, now: number): PendingEffect | undefined {
  if (now - pending.since > PATIENCE_MS) return undefined
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pending.failures)
  return { ...pending, failures: pending.failures + 1, due: now + pause }
}
