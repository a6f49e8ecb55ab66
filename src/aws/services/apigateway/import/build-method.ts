import type { IntegrationRecord, MethodRecord } from '../../../../gateway/control/rest-api-records.ts'
import type { MethodDefinition } from '../../../../gateway/openapi/definition.ts'
import { compact } from '../../../../gateway/openapi/values.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { checkIntegration } from '../integration-rules.ts'
import { checkMethod, type NamedParts } from '../method-rules.ts'
import {
  checkDeclaredHeaders,
  checkModels,
  checkResponseMappings,
  checkTemplates,
} from '../parameter-rules.ts'

/** What a definition's names lead to. */
export interface Names extends NamedParts {
  authorizerId(name: string): string | undefined
  validatorId(name: string): string | undefined
}

/** What the rules of all Put operations say of a method, collected instead of thrown. */
export type Complain = (message: string) => void

export interface MethodPlace {
  readonly path: string
  readonly name: string
  readonly resourceId: string
  readonly endpointTypes: readonly string[]
}

/** A method as it is kept. The same rules hold as when it is put together by single operations. */
export function buildMethod(
  definition: MethodDefinition,
  { path, name, resourceId, endpointTypes }: MethodPlace,
  names: Names,
  complain: Complain,
): MethodRecord {
  const { authorizer, requestValidator, integration, responses, ...rest } = definition
  const method = compact<MethodRecord>({
    ...rest,
    authorizerId: authorizer === undefined ? undefined : names.authorizerId(authorizer),
    requestValidatorId: requestValidator === undefined ? undefined : names.validatorId(requestValidator),
    responses,
    integration: integration && { ...integration, cacheNamespace: integration.cacheNamespace ?? resourceId },
  })
  const at = `'${name}' for resource at path '${path}'`
  attempt(complain, `Unable to put method '${name}' on resource at path '${path}'`, () =>
    checkMethod(method, names),
  )
  for (const [status, response] of Object.entries(responses ?? {})) {
    attempt(complain, `Unable to put method response '${status}' on ${at}`, () => {
      checkDeclaredHeaders(response.responseParameters)
      checkModels(response.responseModels, model => names.hasModel(model))
    })
  }
  if (method.integration) checkIntegrations(method.integration, method, endpointTypes, at, complain)
  return method
}

function checkIntegrations(
  integration: IntegrationRecord,
  method: MethodRecord,
  endpointTypes: readonly string[],
  at: string,
  complain: Complain,
): void {
  attempt(complain, `Unable to put integration on ${at}`, () =>
    checkIntegration(integration, method, endpointTypes),
  )
  for (const [status, response] of Object.entries(integration.responses ?? {})) {
    attempt(complain, `Unable to put integration response on ${at}`, () => {
      checkTemplates(response.responseTemplates)
      checkResponseMappings(response.responseParameters, method.responses?.[status])
    })
  }
}

/** A refusal becomes a complaint; surprises stay what they are. */
export function attempt(complain: Complain, what: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    complain(`${what}: ${error.message}`)
  }
}
