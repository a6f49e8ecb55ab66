import {
  authorizers,
  gatewayResponses,
  models,
  requestValidators,
} from '../../../gateway/control/api-parts.ts'
import type { Records } from '../../../records/records.ts'

/** All that an API is compiled from beside its resources. */
export async function readDefiningParts(records: Records, apiId: string) {
  const [schemas, validators, guards, responses] = await Promise.all([
    records.all(models, apiId),
    records.all(requestValidators, apiId),
    records.all(authorizers, apiId),
    records.all(gatewayResponses, apiId),
  ])
  return {
    models: schemas,
    requestValidators: validators,
    authorizers: guards,
    gatewayResponses: responses,
  }
}
