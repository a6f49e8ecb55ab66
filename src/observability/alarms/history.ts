import type { AlarmDefinition, AlarmRecord, StateRecord } from './alarm.ts'

/** One entry of the history of alarms, which outlives them. */
export interface HistoryItem {
  readonly alarm: string
  readonly type: AlarmDefinition['type']
  readonly kind: 'ConfigurationUpdate' | 'StateUpdate' | 'Action'
  /** Epoch milliseconds. */
  readonly at: number
  readonly summary: string
  /** JSON text. */
  readonly data: string
}

/** "CloudWatch preserves alarm history for 30 days." */
export const HISTORY_MS = 30 * 86_400_000

const WORDS = {
  Create: { done: 'created', member: 'createdAlarm' },
  Update: { done: 'updated', member: 'updatedAlarm' },
  Delete: { done: 'deleted', member: 'deletedAlarm' },
} as const

export function configurationItem(
  what: keyof typeof WORDS,
  { definition, state, configured }: AlarmRecord,
  now: number,
): HistoryItem {
  const { type, ...alarm } = definition
  const { done, member } = WORDS[what]
  return {
    alarm: definition.AlarmName,
    type,
    kind: 'ConfigurationUpdate',
    at: now,
    summary: `Alarm "${definition.AlarmName}" ${done}`,
    data: JSON.stringify({
      version: '1.0',
      type: what,
      [member]: {
        ...camelCased(alarm),
        stateValue: state.value,
        stateUpdatedTimestamp: state.updated,
        alarmConfigurationUpdatedTimestamp: configured,
      },
    }),
  }
}

export function stateItem(
  { AlarmName, type }: AlarmDefinition,
  before: StateRecord,
  after: StateRecord,
): HistoryItem {
  return {
    alarm: AlarmName,
    type,
    kind: 'StateUpdate',
    at: after.updated,
    summary: `Alarm updated from ${before.value} to ${after.value}`,
    data: JSON.stringify({ version: '1.0', oldState: stateData(before), newState: stateData(after) }),
  }
}

const stateData = ({ value, reason, reasonData }: StateRecord) => ({
  stateValue: value,
  stateReason: reason,
  ...(reasonData !== undefined && { stateReasonData: JSON.parse(reasonData) as unknown }),
})

/** @param error why it could not be done, now or ever */
export function actionItem(
  alarm: Pick<HistoryItem, 'alarm' | 'type'>,
  arn: string,
  stateUpdated: number,
  message: string,
  error: string | undefined,
  now: number,
): HistoryItem {
  return {
    ...alarm,
    kind: 'Action',
    at: now,
    summary:
      error === undefined
        ? `Successfully executed action ${arn}`
        : `Failed to execute action ${arn}. ${error}`,
    data: JSON.stringify({
      actionState: error === undefined ? 'Succeeded' : 'Failed',
      stateUpdateTimestamp: stateUpdated,
      notificationResource: arn,
      publishedMessage: message,
      error: error ?? null,
    }),
  }
}

/** AWS's names as the history has them: `AlarmName` is `alarmName`, `OKActions` is `okactions`. */
const camelCased = (members: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).map(([key, member]) => [
      key === 'OKActions' ? 'okactions' : key.charAt(0).toLowerCase() + key.slice(1),
      valueInCamelCase(member),
    ]),
  )

function valueInCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueInCamelCase)
  return typeof value === 'object' && value !== null ? camelCased(value) : value
}
