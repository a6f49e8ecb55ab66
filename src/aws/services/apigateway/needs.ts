import type { RestApiDefinition } from '../../../gateway/openapi/definition.ts'
import { readDefinition } from '../../../gateway/openapi/read-definition.ts'
import { partsOfArn } from '../../../lib/arn.ts'
import { decodeSegment } from '../../../lib/fields.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need, Sent } from '../../wire/service.ts'
import { tagsOnPath } from './operations/tags.ts'

/**
 * API Gateway's permissions are the methods of its own REST API, and its resources the paths of it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
 */
export function apigatewayNeeds(
  input: Giving,
  { account, operation, region, platform }: Call<Platform>,
  { method, rawPath }: Sent,
): readonly Need[] {
  const path = oneSpelling(rawPath)
  const resource = `arn:aws:apigateway:${region}::${path}`
  const tags = () => tagsOnPath(platform.records({ id: account, region }), taggedPath(path))
  const definition = IMPORTS.has(operation) && input.body ? definitionOf(input.body) : undefined
  return [
    { action: `apigateway:${method}`, resource, tags },
    // Who may let others call an API is asked apart from who may change it otherwise.
    ...(givesPolicy(input, operation) || definition?.policy !== undefined
      ? [{ action: 'apigateway:UpdateRestApiPolicy', resource, tags }]
      : []),
    // Otherwise whoever may change an API could do whatever any role may that API Gateway can act in.
    ...rolesGiven(input, definition).map(role => ({
      action: 'iam:PassRole',
      resource: role,
      context: { 'iam:PassedToService': 'apigateway.amazonaws.com' },
    })),
  ]
}

/** Of inputs, what may give API Gateway a role. */
interface Giving {
  readonly credentials?: string
  readonly authorizerCredentials?: string
  readonly patchOperations?: readonly { readonly path?: string; readonly value?: string }[]
  readonly body?: Uint8Array
  /** Of an API. */
  readonly policy?: string
}

const givesPolicy = ({ policy, patchOperations = [] }: Giving, operation: string): boolean =>
  (operation === 'CreateRestApi' && policy !== undefined) ||
  (operation === 'UpdateRestApi' && patchOperations.some(({ path }) => path === '/policy'))

const ROLE_PATHS: ReadonlySet<string | undefined> = new Set([
  '/credentials',
  '/authorizerCredentials',
  '/cloudwatchRoleArn',
])

const IMPORTS: ReadonlySet<string> = new Set(['ImportRestApi', 'PutRestApi'])

function rolesGiven(input: Giving, definition: RestApiDefinition | undefined): string[] {
  const { credentials, authorizerCredentials, patchOperations = [] } = input
  const patched = patchOperations.flatMap(({ path, value }) => (ROLE_PATHS.has(path) ? value : []))
  const imported = definition ? rolesOfDefinition(definition) : []
  const roles = [credentials, authorizerCredentials, ...patched, ...imported]
  return [...new Set(roles.flatMap(role => role || []))]
}

/** A document that cannot be read is refused by the operation itself. */
function definitionOf(body: Uint8Array): RestApiDefinition | undefined {
  const read = readDefinition(new TextDecoder().decode(body), { basePath: 'ignore' })
  return 'error' in read ? undefined : read.definition
}

function rolesOfDefinition({ resources, authorizers }: RestApiDefinition): (string | undefined)[] {
  const methods = Object.values(resources).flatMap(each => Object.values(each))
  return [
    ...methods.map(({ integration }) => integration?.credentials),
    ...Object.values(authorizers).map(({ authorizerCredentials }) => authorizerCredentials),
  ]
}

/** Operations on tags are about what they name: `/tags/arn%3Aaws%3Aapigateway%3A...%2Frestapis%2F{id}`. */
function taggedPath(path: string): string {
  const [, named] = /^\/tags\/(.+)$/.exec(path) ?? []
  return named === undefined ? path : partsOfArn(decodeSegment(named)).resource
}

/**
 * A path may end in a slash, and any of its characters be encoded, and still lead to the same: what a policy forbids
 * is not to be had by spelling it so. ARNs within paths are encoded in policies, too (`/tags/arn%3Aaws%3A...`).
 */
function oneSpelling(rawPath: string): string {
  try {
    return rawPath
      .replace(/(?<=.)\/$/, '')
      .split('/')
      .map(segment => encodeURIComponent(decodeURIComponent(segment)))
      .join('/')
  } catch {
    // No operation reads it either.
    return rawPath
  }
}
