import type { RestApiDefinition } from './definition.ts'
import { type DocumentationLocation, documentedMethod } from './documentation-location.ts'

const PARAMETERS: Readonly<Record<string, string>> = {
  path: 'PATH_PARAMETER',
  querystring: 'QUERY_PARAMETER',
  header: 'REQUEST_HEADER',
}

/** Everything of an API that documentation can be about. */
export function* documentable(definition: RestApiDefinition): Generator<DocumentationLocation> {
  yield { type: 'API' }
  for (const name of Object.keys(definition.authorizers)) yield { type: 'AUTHORIZER', name }
  for (const name of Object.keys(definition.models)) yield { type: 'MODEL', name }
  for (const [path, methods] of Object.entries(definition.resources)) {
    yield { type: 'RESOURCE', path }
    for (const [name, { requestParameters, requestModels, responses }] of Object.entries(methods)) {
      const at = { path, method: documentedMethod(name) }
      yield { type: 'METHOD', ...at }
      for (const expression of Object.keys(requestParameters ?? {})) {
        const [, , place = '', ...rest] = expression.split('.')
        const type = PARAMETERS[place]
        if (type) yield { type, ...at, name: rest.join('.') }
      }
      if (requestModels) yield { type: 'REQUEST_BODY', ...at }
      for (const [statusCode, { responseParameters, responseModels }] of Object.entries(responses ?? {})) {
        yield { type: 'RESPONSE', ...at, statusCode }
        for (const expression of Object.keys(responseParameters ?? {})) {
          const header = expression.replace(/^method\.response\.header\./, '')
          yield { type: 'RESPONSE_HEADER', ...at, statusCode, name: header }
        }
        if (responseModels) yield { type: 'RESPONSE_BODY', ...at, statusCode }
      }
    }
  }
}
