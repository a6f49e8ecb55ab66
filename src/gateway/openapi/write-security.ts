import type { JsonObject } from '../../lib/json-object.ts'
import type { AuthorizerDefinition, MethodDefinition, RestApiDefinition } from './definition.ts'
import { compact, someOf } from './values.ts'
import type { Extensions } from './write-document.ts'

/** What the schemes are called that no authorizer stands behind. */
export interface SchemeNames {
  readonly apiKey: string
  readonly iam: string
}

export interface WrittenSecurity {
  readonly schemes: JsonObject | undefined
  readonly names: SchemeNames
}

/** The security schemes that methods need, and all authorizers. */
export function writeSecurity(definition: RestApiDefinition, extensions: Extensions): WrittenSecurity {
  const methods = Object.values(definition.resources).flatMap(byName => Object.values(byName))
  const names = { apiKey: freeName('api_key', definition), iam: freeName('sigv4', definition) }
  const schemes: [string, JsonObject][] = []
  if (methods.some(({ apiKeyRequired }) => apiKeyRequired)) {
    schemes.push([names.apiKey, { type: 'apiKey', name: 'x-api-key', in: 'header' }])
  }
  if (methods.some(({ authorizationType }) => authorizationType === 'AWS_IAM')) {
    schemes.push([names.iam, { ...AUTHORIZATION, 'x-amazon-apigateway-authtype': 'awsSigv4' }])
  }
  for (const [name, authorizer] of Object.entries(definition.authorizers)) {
    schemes.push([name, writeAuthorizer(authorizer, extensions.authorizers || extensions.apigateway)])
  }
  return { schemes: someOf(schemes), names }
}

const AUTHORIZATION = { type: 'apiKey', name: 'Authorization', in: 'header' }

function freeName(wanted: string, { authorizers }: RestApiDefinition): string {
  let name = wanted
  while (Object.hasOwn(authorizers, name)) name += '_'
  return name
}

/** The security requirements of a method; none where it has none. */
export function writeRequirements(method: MethodDefinition, names: SchemeNames): JsonObject[] | undefined {
  const { authorizationType, authorizer, authorizationScopes = [], apiKeyRequired } = method
  const requirements: JsonObject[] = []
  if (authorizationType === 'AWS_IAM') requirements.push({ [names.iam]: [] })
  else if (authorizer !== undefined) requirements.push({ [authorizer]: authorizationScopes })
  if (apiKeyRequired) requirements.push({ [names.apiKey]: [] })
  return requirements.length > 0 ? requirements : undefined
}

const HEADER_SOURCE = /^method\.request\.header\.([^,\s]+)$/

function writeAuthorizer(authorizer: AuthorizerDefinition, withExtension: boolean): JsonObject {
  const { type, authType, identitySource, ...rest } = authorizer
  const header = HEADER_SOURCE.exec(identitySource ?? '')?.[1]
  return compact({
    type: 'apiKey',
    // What API Gateway writes where the token is in no one header.
    name: (type === 'REQUEST' ? undefined : header) ?? 'Unused',
    in: 'header',
    'x-amazon-apigateway-authtype': authType,
    'x-amazon-apigateway-authorizer': withExtension
      ? compact({ ...rest, identitySource, type: type.toLowerCase() })
      : undefined,
  })
}
