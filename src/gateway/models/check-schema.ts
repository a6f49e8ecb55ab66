import { isJsonObject, type JsonObject, parseJsonObject } from '../../lib/json-object.ts'
import { DRAFT_4, DRAFT_4_KEYWORDS, SCHEMA_KEYWORDS } from './draft-4.ts'
import { isRegex } from './formats.ts'
import { lookUp, Models, referredModel } from './models.ts'

/** Schemas within schemas: nobody writes more by hand, and each costs a part of the stack. */
const DEEPEST = 200

const metaSchema = new Models({ draft4: JSON.stringify(DRAFT_4) })

/**
 * What is wrong with a model's schema, in API Gateway's words; empty when nothing is.
 *
 * @param hasModel whether the API has a model of that name
 */
export function schemaErrors(text: string, hasModel: (name: string) => boolean): string[] {
  const schema = parseJsonObject(text)
  if (!schema || !isShallow(schema, DEEPEST)) return ['Invalid model schema specified']
  const parts = [...subschemas(schema)]
  const errors: string[] = []
  const unknown = parts.flatMap(part =>
    '$ref' in part ? [] : Object.keys(part).filter(keyword => !DRAFT_4_KEYWORDS.has(keyword)),
  )
  if (unknown.length > 0) {
    const listed = JSON.stringify([...new Set(unknown)].sort())
    errors.push(`Invalid model schema specified. Unsupported keyword(s): ${listed}`)
  } else if (metaSchema.validate('draft4', text) !== undefined || !parts.every(hasValidPatterns)) {
    errors.push('Invalid model schema specified')
  }
  const references = parts.map(part => part.$ref).filter(reference => typeof reference === 'string')
  if (!references.every(reference => leadsSomewhere(reference, schema, hasModel))) {
    errors.push('Model reference must be in canonical form')
  }
  return errors
}

/** Names of the models that a schema refers to. */
export function modelsReferredTo(schema: string | undefined): Set<string> {
  const names = [...subschemas(parseJsonObject(schema ?? '{}'))].flatMap(({ $ref }) => {
    const referred = typeof $ref === 'string' ? referredModel($ref) : undefined
    return referred ? [referred.name] : []
  })
  return new Set(names)
}

function leadsSomewhere(reference: string, schema: JsonObject, hasModel: (name: string) => boolean): boolean {
  if (reference.startsWith('#')) return isJsonObject(lookUp(schema, reference.slice(1)))
  const referred = referredModel(reference)
  return referred !== undefined && hasModel(referred.name)
}

const hasValidPatterns = ({ patternProperties }: JsonObject): boolean =>
  !isJsonObject(patternProperties) || Object.keys(patternProperties).every(isRegex)

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every(part => isShallow(part, depth - 1))
}

/** A schema and all schemas in it, where the keywords have them. */
function* subschemas(schema: unknown): Generator<JsonObject> {
  if (!isJsonObject(schema)) return
  yield schema
  for (const keyword of SCHEMA_KEYWORDS.one) yield* subschemas(schema[keyword])
  for (const keyword of SCHEMA_KEYWORDS.listed) {
    const list = schema[keyword]
    if (Array.isArray(list)) for (const part of list) yield* subschemas(part)
  }
  for (const keyword of SCHEMA_KEYWORDS.named) {
    const named = schema[keyword]
    if (isJsonObject(named)) for (const part of Object.values(named)) yield* subschemas(part)
  }
}
