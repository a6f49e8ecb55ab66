import { type ModelRecord, models } from '../../../gateway/control/api-parts.ts'
import { BUILT_IN_MODELS } from '../../../gateway/models/built-in-models.ts'
import { schemaErrors } from '../../../gateway/models/check-schema.ts'
import { modelUrl } from '../../../gateway/models/models.ts'
import { shortId } from '../../../lib/ids.ts'
import type { Change } from '../../../records/records.ts'
import { checkTemplates } from './parameter-rules.ts'
import { badRequest } from './refusals.ts'

/** "The maximum size of the model is 400 KB." https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html */
const LARGEST_SCHEMA = 400 * 1024

/** Content types whose models are JSON Schemas. */
const JSON_TYPE = /[/+]json$/i

/** What must hold of a model however it was made: created, patched, or imported. */
export function checkModel(
  name: string,
  { contentType, schema }: Pick<ModelRecord, 'contentType' | 'schema'>,
  hasModel: (name: string) => boolean,
): void {
  if (name === '') throw badRequest('Model name must be non-empty')
  if (!/^[a-zA-Z0-9]+$/.test(name)) throw badRequest(`Model name must be alphanumeric: ${name}`)
  checkTemplates({ [contentType]: '' })
  if (!schema) throw badRequest('Model schema must have at least 1 property or array items defined')
  if (schema.length > LARGEST_SCHEMA && new TextEncoder().encode(schema).length > LARGEST_SCHEMA) {
    throw badRequest(`Model schema must not be larger than ${LARGEST_SCHEMA} bytes`)
  }
  if (!JSON_TYPE.test(contentType)) return
  const errors = schemaErrors(schema, other => other === name || hasModel(other))
  if (errors.length > 0) {
    throw badRequest(
      `Invalid model specified: Validation Result: warnings : [], errors : [${errors.join(', ')}]`,
    )
  }
}

/** The models that every new API has. */
export function createBuiltInModels(change: Change, apiId: string): void {
  for (const [name, { description, schema }] of Object.entries(BUILT_IN_MODELS)) {
    const doc: ModelRecord = { id: shortId(6), description, schema, contentType: 'application/json' }
    change.create(models, { parent: apiId, id: name }, doc)
  }
}

/** A model as the copy of its API has it: references lead to the copy's models. */
export const movedModel = (doc: ModelRecord, from: string, to: string): ModelRecord => ({
  ...doc,
  schema: doc.schema?.replaceAll(modelUrl(from, ''), modelUrl(to, '')),
})
