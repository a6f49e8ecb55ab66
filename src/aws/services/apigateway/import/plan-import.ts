import type {
  AuthorizerRecord,
  DocumentationPartRecord,
  GatewayResponseRecord,
  ModelRecord,
  RequestValidatorRecord,
} from '../../../../gateway/control/api-parts.ts'
import type { ResourceRecord, RestApiRecord } from '../../../../gateway/control/rest-api-records.ts'
import { GATEWAY_RESPONSES } from '../../../../gateway/gateway-responses.ts'
import type { Documentation, RestApiDefinition } from '../../../../gateway/openapi/definition.ts'
import { withModelUrls } from '../../../../gateway/openapi/describe-records.ts'
import { locationKey } from '../../../../gateway/openapi/documentation-location.ts'
import { compact } from '../../../../gateway/openapi/values.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Stored, Writes } from '../../../../records/records.ts'
import { checkAuthorizer } from '../authorizer-rules.ts'
import { checkGatewayResponse } from '../gateway-response-rules.ts'
import { checkModel } from '../model-rules.ts'
import { badRequest } from '../refusals.ts'
import { attempt, buildMethod, type Names } from './build-method.ts'
import { type Mode, type PlannedParts, planParts } from './plan-parts.ts'
import { planResources } from './plan-resources.ts'

/** What an API has, as it was read; nothing for one that is about to be made. */
export interface Before {
  readonly resources: readonly Stored<ResourceRecord>[]
  readonly models: readonly Stored<ModelRecord>[]
  readonly requestValidators: readonly Stored<RequestValidatorRecord>[]
  readonly authorizers: readonly Stored<AuthorizerRecord>[]
  readonly gatewayResponses: readonly Stored<GatewayResponseRecord>[]
  readonly documentationParts: readonly Stored<DocumentationPartRecord>[]
}

export interface Import {
  readonly apiId: string
  /** As it will be. */
  readonly api: RestApiRecord
  readonly before: Before
  readonly mode: Mode
  readonly definition: RestApiDefinition
  /** Absent: the documentation stays as it is. */
  readonly documentation?: Documentation
}

/** What has to be written so that an API becomes what a definition says. */
export interface ImportPlan {
  readonly writes: { readonly [K in keyof Before]: Writes<Before[K][number]['doc']> }
  /** What could not be made, in sentences; nothing may be written when there are any. */
  readonly errors: readonly string[]
}

/** Everything keeps its id that is there already: resources by path, the rest by name. */
export function planImport(wanted: Import): ImportPlan {
  const { apiId, api, before, mode, definition, documentation } = wanted
  const errors: string[] = []
  const complain = (message: string) => void errors.push(message)
  const parts = planNamedParts(wanted)
  checkParts(wanted, parts, complain)
  const names: Names = {
    authorizerId: name => parts.authorizers.ids.get(name),
    validatorId: name => parts.requestValidators.ids.get(name),
    authorizerType: id => parts.authorizers.docs.get(id)?.type,
    hasValidator: id => parts.requestValidators.docs.has(id),
    hasModel: name => parts.models.docs.has(name),
  }
  const { types: endpointTypes } = api.endpointConfiguration
  const resources = planResources({
    apiId,
    rootId: api.rootResourceId,
    before: before.resources,
    mode,
    wanted: definition.resources,
    build: (path, name, resourceId, method) =>
      buildMethod(method, { path, name, resourceId, endpointTypes }, names, complain),
    complain,
  })
  return {
    writes: {
      resources,
      models: parts.models.writes,
      requestValidators: parts.requestValidators.writes,
      authorizers: parts.authorizers.writes,
      gatewayResponses: parts.gatewayResponses.writes,
      documentationParts: documentation
        ? planDocumentation(before.documentationParts, mode, documentation, complain).writes
        : {},
    },
    errors,
  }
}

function planNamedParts({ apiId, before, mode, definition }: Import) {
  return {
    models: planParts<ModelRecord>(
      before.models,
      mode,
      Object.entries(definition.models).map(([key, { contentType, description, schema }]) => ({
        key,
        doc: known =>
          compact<ModelRecord>({
            id: known?.id ?? shortId(6),
            description: description ?? known?.description,
            schema: schema && withModelUrls(schema, apiId),
            contentType,
          }),
      })),
      ({ id }) => id,
      name => name,
    ),
    requestValidators: planParts<RequestValidatorRecord>(
      before.requestValidators,
      mode,
      Object.entries(definition.requestValidators).map(([name, validator]) => ({
        key: name,
        doc: () => ({ name, ...validator }),
      })),
      ({ id, doc }) => doc.name ?? id,
      () => shortId(6),
    ),
    authorizers: planParts<AuthorizerRecord>(
      before.authorizers,
      mode,
      Object.entries(definition.authorizers).map(([name, authorizer]) => ({
        key: name,
        doc: () => ({ name, ...authorizer }),
      })),
      ({ doc }) => doc.name,
      () => shortId(6),
    ),
    gatewayResponses: planParts<GatewayResponseRecord>(
      before.gatewayResponses,
      mode,
      Object.entries(definition.gatewayResponses).map(([key, response]) => ({ key, doc: () => response })),
      ({ id }) => id,
      type => type,
    ),
  }
}

/** The rules of the operations that make these parts one by one. */
function checkParts(
  { definition }: Import,
  parts: ReturnType<typeof planNamedParts>,
  complain: (message: string) => void,
): void {
  const { models, authorizers } = parts
  for (const name of Object.keys(definition.models)) {
    attempt(complain, `Unable to create model '${name}'`, () =>
      checkModel(name, models.docs.get(name)!, other => models.docs.has(other)),
    )
  }
  for (const name of Object.keys(definition.authorizers)) {
    attempt(complain, `Unable to create authorizer '${name}'`, () =>
      checkAuthorizer(authorizers.docs.get(authorizers.ids.get(name)!)!),
    )
  }
  for (const [type, response] of Object.entries(definition.gatewayResponses)) {
    attempt(complain, `Unable to put gateway response '${type}'`, () => {
      if (!Object.hasOwn(GATEWAY_RESPONSES, type)) throw badRequest('Invalid gateway response type specified')
      checkGatewayResponse(response)
    })
  }
}

/** Parts of the same place replace each other. */
export function planDocumentation(
  before: readonly Stored<DocumentationPartRecord>[],
  mode: Mode,
  documentation: Documentation,
  complain: (message: string) => void,
): PlannedParts<DocumentationPartRecord> {
  const planned = planParts<DocumentationPartRecord>(
    before,
    mode,
    documentation.parts.map(part => ({ key: locationKey(part.location), doc: () => part })),
    ({ doc }) => locationKey(doc.location),
    () => shortId(6),
  )
  if (planned.docs.size > MOST_DOCUMENTATION_PARTS) {
    complain(
      `Maximum number of documentation parts for this API has been reached: ${MOST_DOCUMENTATION_PARTS}`,
    )
  }
  return planned
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
export const MOST_DOCUMENTATION_PARTS = 2000
