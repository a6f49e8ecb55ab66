import { isJsonObject, scalarText } from '../../lib/json-object.ts'

/** An object's entries; none of anything else. */
export const entriesOf = (value: unknown): [string, unknown][] =>
  isJsonObject(value) ? Object.entries(value) : []

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? Number(value)
    : undefined
}

export const flagOf = (value: unknown): boolean => value === true || value === 'true'

/** YAML makes numbers and booleans of what people meant as text: `statusCode: 200`, `'Access': true`. */
export const textsOf = (value: unknown): string[] => listOf(value).flatMap(item => scalarText(item) ?? [])

/** A map of texts, such as templates by content type; undefined rather than empty. */
export function textMapOf(value: unknown): Record<string, string> | undefined {
  return someOf(
    entriesOf(value).flatMap(([name, item]): [string, string][] => {
      const text = scalarText(item)
      return text === undefined ? [] : [[name, text]]
    }),
  )
}

/** An object of entries, undefined when there are none. Defines properties, so that no name reaches a prototype. */
export const someOf = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> | undefined =>
  entries.length > 0 ? Object.fromEntries(entries) : undefined

/** Without the properties that are undefined, so that equal things have equal texts. */
export const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
