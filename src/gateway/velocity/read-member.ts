import { ownField } from '../../lib/fields.ts'
import { callMethod } from './java-methods.ts'
import { isMap, isNumeric, textOf } from './java-values.ts'
import { TemplateObject } from './template-object.ts'

/** What `$value.name` gives: a map's own member, what the gateway names of its own, and nothing else. */
export function propertyOf(value: unknown, name: string): unknown {
  if (isMap(value)) return ownField(value, name)
  if (value instanceof TemplateObject) return value.property(name)
  // The one property that beans of this kind have: `isEmpty()`.
  return name === 'empty' ? callMethod(value, 'isEmpty', []) : undefined
}

/** What `$value[key]` gives. */
export function memberAt(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return isNumeric(key) ? value[Number(textOf(key))] : undefined
  return isMap(value)
    ? ownField(value, textOf(key))
    : value instanceof TemplateObject
      ? value.property(textOf(key))
      : undefined
}
