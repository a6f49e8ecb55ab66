import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'
import { referredModel } from './models.ts'

/** A JSON Schema, parsed, by the name of its model; undefined when there is none. */
type FindSchema = (name: string) => unknown

/**
 * A model's schema with the models that it refers to, directly or not, among its `definitions`.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_GetModel.html, `flatten`
 */
export function flattenSchema(schema: JsonObject, find: FindSchema): JsonObject {
  const own: JsonObject = isJsonObject(schema.definitions) ? schema.definitions : {}
  const placed = new Map<string, string>()
  const waiting: string[] = []

  const place = (name: string): string => {
    let at = placed.get(name)
    if (at === undefined) {
      at = Object.hasOwn(own, name) ? `model${name}` : name
      placed.set(name, at)
      waiting.push(name)
    }
    return `#/definitions/${at}`
  }
  /** `home`: where the schema that the reference stands in will be. */
  const rewrite = (value: unknown, home: string): unknown => {
    if (Array.isArray(value)) return value.map(item => rewrite(item, home))
    if (!isJsonObject(value)) return value
    const { $ref } = value
    if (typeof $ref === 'string') {
      const referred = referredModel($ref)
      if (referred && find(referred.name) !== undefined) {
        return { ...value, $ref: place(referred.name) + referred.pointer }
      }
      return $ref.startsWith('#') ? { ...value, $ref: home + $ref.slice(1) } : value
    }
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rewrite(part, home)]))
  }

  const flat = rewrite(schema, '#') as JsonObject
  const definitions: Record<string, unknown> = { ...(flat.definitions as object | undefined) }
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const at = placed.get(name)!
    definitions[at] = rewrite(find(name), `#/definitions/${at}`)
  }
  return placed.size > 0 ? { ...flat, definitions } : flat
}
