import type { ModelRecord } from '../../../gateway/control/api-parts.ts'
import { schemaErrors } from '../../../gateway/models/check-schema.ts'
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
