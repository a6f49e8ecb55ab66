import { partsOfArn } from '../../lib/arn.ts'
import type { AlarmDefinition, AlarmRecord } from './alarm.ts'
import { type AlarmRule, alarmsOfRule, isRuleTrouble, parseAlarmRule } from './rules/parse-alarm-rule.ts'

/** Why an alarm cannot be put or removed, as CloudWatch says it. */
export interface AlarmRefusal {
  readonly code: 'ValidationError' | 'ResourceNotFound' | 'LimitExceededFault'
  readonly message: string
}

/** All alarms, and the rules of the composite ones, by name. */
export interface DependencyView {
  readonly alarms: ReadonlyMap<string, AlarmRecord>
  readonly rules: ReadonlyMap<string, AlarmRule>
  arnOf(name: string): string
}

/** Of an account in a region. */
const MOST_ALARMS = 5_000

/** The name of an alarm that is named by it or by its ARN. */
export const nameOf = (text: string): string =>
  text.startsWith('arn:') ? partsOfArn(text).resource.slice('alarm:'.length) : text

const invalid = (message: string): AlarmRefusal => ({ code: 'ValidationError', message })

export function refusalOfPut(
  { alarms, arnOf }: DependencyView,
  definition: AlarmDefinition,
): AlarmRefusal | undefined {
  const { AlarmName, type } = definition
  const known = alarms.get(AlarmName)
  if (!known && alarms.size >= MOST_ALARMS) {
    return { code: 'LimitExceededFault', message: `The quota of ${MOST_ALARMS} alarms has been reached` }
  }
  if (known && known.definition.type !== type) {
    return invalid(`An alarm with the name ${AlarmName} exists and is a ${known.definition.type} alarm`)
  }
  if (type === 'metric') return undefined
  const rule = parseAlarmRule(definition.AlarmRule)
  if (isRuleTrouble(rule)) return invalid(`Error in AlarmRule at position ${rule.at}: ${rule.message}`)
  const { ActionsSuppressor } = definition
  const named = [...alarmsOfRule(rule), ...(ActionsSuppressor === undefined ? [] : [ActionsSuppressor])]
  const unknown = [...new Set(named)].filter(alarm => {
    const name = nameOf(alarm)
    // One of another account or region is none of these.
    return !alarms.has(name) || (alarm !== name && alarm !== arnOf(name))
  })
  return unknown.length > 0 ? invalid(`There is no alarm ${unknown.join(', ')}`) : undefined
}

/**
 * "If you specify an incorrect alarm name or make any other error in the operation, no alarms are deleted."
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
 */
export function refusalOfRemoval(view: DependencyView, names: readonly string[]): AlarmRefusal | undefined {
  const unknown = names.filter(name => !view.alarms.has(name))
  if (unknown.length > 0) {
    return { code: 'ResourceNotFound', message: `There is no alarm ${unknown.join(', ')}` }
  }
  if (new Set(names.filter(name => view.rules.has(name))).size > 1) {
    return invalid('A maximum of one composite alarm may be deleted in a request')
  }
  for (const { definition } of view.alarms.values()) {
    if (names.includes(definition.AlarmName)) continue
    const needed = names.find(name => dependsOn(view, definition, name))
    if (needed !== undefined) {
      return invalid(`Cannot delete ${needed} as there are primary alarm(s) depending on it.`)
    }
  }
  return undefined
}

function dependsOn({ rules }: DependencyView, definition: AlarmDefinition, name: string): boolean {
  if (definition.type === 'metric') return false
  const { AlarmName, ActionsSuppressor } = definition
  return (
    (ActionsSuppressor !== undefined && nameOf(ActionsSuppressor) === name) ||
    childrenOf(rules, AlarmName).includes(name)
  )
}

/** Names of the alarms that a composite alarm's rule asks about. */
export function childrenOf(rules: DependencyView['rules'], composite: string): string[] {
  const rule = rules.get(composite)
  return rule ? [...new Set(alarmsOfRule(rule).map(nameOf))] : []
}

/**
 * Composite alarms whose rules stand on any of these alarms, by themselves or by way of others: each after all that it
 * stands on. "The evaluation of composite alarms stops if CloudWatch detects a cycle in the evaluation path": those of
 * a cycle, and what stands on them, are not among them.
 */
export function dependents({ rules }: Pick<DependencyView, 'rules'>, names: readonly string[]): string[] {
  const parents = new Map<string, string[]>()
  for (const composite of rules.keys()) {
    for (const child of childrenOf(rules, composite)) {
      parents.set(child, [...(parents.get(child) ?? []), composite])
    }
  }
  // How many of what each stands on are still to be judged.
  const waitsFor = new Map<string, number>()
  const reached = new Set(names)
  for (const name of reached) {
    for (const parent of parents.get(name) ?? []) {
      waitsFor.set(parent, (waitsFor.get(parent) ?? 0) + 1)
      reached.add(parent)
    }
  }
  const sorted: string[] = []
  const ready = names.filter(name => !waitsFor.has(name))
  for (const name of ready) {
    for (const parent of parents.get(name) ?? []) {
      const left = waitsFor.get(parent)! - 1
      waitsFor.set(parent, left)
      if (left === 0) {
        sorted.push(parent)
        ready.push(parent)
      }
    }
  }
  return sorted
}
