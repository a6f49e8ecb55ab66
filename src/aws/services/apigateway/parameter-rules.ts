import type { MethodRecord, MethodResponseRecord } from '../../../gateway/control/rest-api-records.ts'
import { BUILT_IN_MODELS } from '../../../gateway/models/built-in-models.ts'
import { CONTEXT, invalidExpression, invalidMapping, NAME, STATIC } from './mapping-expressions.ts'
import { badRequest } from './refusals.ts'

type Map<T> = Readonly<Record<string, T>> | undefined

const METHOD_REQUEST = new RegExp(`^method\\.request\\.(path|querystring|header)\\.(${NAME})$`)
const METHOD_RESPONSE = new RegExp(`^method\\.response\\.header\\.${NAME}$`)
const INTEGRATION_REQUEST = new RegExp(`^integration\\.request\\.(path|querystring|header)\\.${NAME}$`)
const METHOD_BODY = /^method\.request\.(body(\.\S+)?|multivalue(header|querystring)\.\S+)$/
const INTEGRATION_RESPONSE = /^integration\.response\.(header\.\S+|multivalueheader\.\S+|body(\.\S+)?)$/
const CONTENT_TYPE = /^[^\s/]+\/[^\s/]+$/

const invalidParameter = (expression: string) =>
  invalidMapping(`Invalid mapping expression parameter specified: ${expression}`)

/** A method's `requestParameters`: names must be well formed and differ whatever their place. */
export function checkDeclaredParameters(parameters: Map<boolean>): void {
  const names = new Set<string>()
  for (const expression of Object.keys(parameters ?? {})) {
    const name = METHOD_REQUEST.exec(expression)?.[2]
    if (name === undefined) throw invalidExpression(expression)
    if (names.has(name)) {
      throw badRequest('Parameter names must be unique across querystring, header and path')
    }
    names.add(name)
  }
}

/** A method response's `responseParameters`. */
export function checkDeclaredHeaders(parameters: Map<boolean>): void {
  for (const expression of Object.keys(parameters ?? {})) {
    if (!METHOD_RESPONSE.test(expression)) throw invalidExpression(expression)
  }
}

/** Models by content type; `hasModel` says which others than the built-in ones the API has. */
export function checkModels(models: Map<string>, hasModel: (name: string) => boolean): void {
  for (const [contentType, model] of Object.entries(models ?? {})) {
    checkContentType(contentType)
    if (!Object.hasOwn(BUILT_IN_MODELS, model) && !hasModel(model)) {
      throw badRequest(`Invalid model identifier specified: ${model}`)
    }
  }
}

export function checkTemplates(templates: Map<string>): void {
  for (const contentType of Object.keys(templates ?? {})) checkContentType(contentType)
}

function checkContentType(contentType: string): void {
  if (CONTENT_TYPE.test(contentType)) return
  throw badRequest(
    `Validation Result: warnings : [], errors : [Invalid content type specified: ${contentType}]`,
  )
}

/** An integration's `requestParameters`: what they take from the method request the method must declare. */
export function checkRequestMappings(mappings: Map<string>, method: MethodRecord): void {
  for (const [target, source] of Object.entries(mappings ?? {})) {
    if (!INTEGRATION_REQUEST.test(target)) throw invalidExpression(target)
    if (STATIC.test(source) || CONTEXT.test(source) || METHOD_BODY.test(source)) continue
    if (!METHOD_REQUEST.test(source)) throw invalidExpression(source)
    if (!Object.hasOwn(method.requestParameters ?? {}, source)) throw invalidParameter(source)
  }
}

/** An integration response's `responseParameters`: headers that the method response must declare. */
export function checkResponseMappings(
  mappings: Map<string>,
  declared: MethodResponseRecord | undefined,
): void {
  for (const [target, source] of Object.entries(mappings ?? {})) {
    if (!METHOD_RESPONSE.test(target)) throw invalidExpression(target)
    if (!declared) throw invalidMapping('No method response exists for method.')
    if (!Object.hasOwn(declared.responseParameters ?? {}, target)) throw invalidParameter(target)
    if (STATIC.test(source) || CONTEXT.test(source) || INTEGRATION_RESPONSE.test(source)) continue
    throw invalidExpression(source)
  }
}
