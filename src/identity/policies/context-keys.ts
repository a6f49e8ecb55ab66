import { variablesIn } from './pattern.ts'
import { listOf, type PolicyDocument, type StatementDocument, VARIABLES_SINCE } from './policy-document.ts'

/** Condition keys that a statement asks for, in its conditions and by its variables, in the order that it does. */
export function contextKeysOf(
  statement: StatementDocument,
  { Version }: Pick<PolicyDocument, 'Version'>,
): string[] {
  const variables = (values: readonly unknown[]) =>
    Version === VARIABLES_SINCE ? values.flatMap(value => variablesIn(String(value))) : []
  const keys: string[] = []
  for (const element of Object.keys(statement) as (keyof StatementDocument)[]) {
    if (element === 'Resource' || element === 'NotResource')
      keys.push(...variables(listOf(statement[element])))
    if (element !== 'Condition') continue
    for (const asked of Object.values(statement.Condition ?? {})) {
      for (const [key, values] of Object.entries(asked)) keys.push(key, ...variables(listOf(values)))
    }
  }
  return unique(keys)
}

/** Each once, as it is spelled first: "key names are not case-sensitive". */
export function unique(keys: readonly string[]): string[] {
  const first = new Map<string, string>()
  for (const key of keys) if (!first.has(key.toLowerCase())) first.set(key.toLowerCase(), key)
  return [...first.values()]
}
