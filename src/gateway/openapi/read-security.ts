import { isJsonObject, type JsonObject, scalarText } from '../../lib/json-object.ts'
import type { AuthorizerDefinition } from './definition.ts'
import type { Reading } from './reading.ts'
import { compact, entriesOf, listOf, numberOf, textsOf } from './values.ts'

/** What a security scheme comes down to. */
type Scheme =
  | { readonly kind: 'api-key' }
  | { readonly kind: 'iam' }
  | { readonly kind: 'authorizer'; readonly authorizer: AuthorizerDefinition }

const AUTHORIZER_TYPES: Readonly<Record<string, AuthorizerDefinition['type']>> = {
  token: 'TOKEN',
  request: 'REQUEST',
  cognito_user_pools: 'COGNITO_USER_POOLS',
}

/** How a method is protected. */
export interface Protection {
  readonly authorizationType: string
  readonly authorizer?: string
  readonly authorizationScopes?: readonly string[]
  readonly apiKeyRequired: boolean
}

const OPEN: Protection = { authorizationType: 'NONE', apiKeyRequired: false }

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html */
export class Security {
  readonly #reading: Reading
  readonly #schemes = new Map<string, Scheme>()

  constructor(reading: Reading) {
    this.#reading = reading
    for (const [name, value] of entriesOf(reading.components('securitySchemes'))) {
      const scheme = this.#readScheme(name, reading.resolve(value) ?? {})
      if (scheme) this.#schemes.set(name, scheme)
    }
  }

  get authorizers(): Record<string, AuthorizerDefinition> {
    const entries = [...this.#schemes].flatMap(([name, scheme]): [string, AuthorizerDefinition][] =>
      scheme.kind === 'authorizer' ? [[name, scheme.authorizer]] : [],
    )
    return Object.fromEntries(entries)
  }

  /**
   * What the requirements of an operation, or of the document where it has none, ask for. API Gateway takes an API
   * key and one authorizer, whether requirements are alternatives or not.
   */
  protectionOf(operation: JsonObject): Protection {
    const auth = operation['x-amazon-apigateway-auth']
    const type = isJsonObject(auth) ? scalarText(auth.type)?.toUpperCase() : undefined
    const requirements = listOf(operation.security ?? this.#reading.root.security).flatMap(entriesOf)
    // A type of its own stands above what the document asks of all operations, be it `NONE`.
    const isSaid = type !== undefined && operation.security === undefined
    let protection: Protection = type ? { ...OPEN, authorizationType: type } : OPEN
    for (const [name, scopes] of requirements) {
      const scheme = this.#schemes.get(name)
      if (!scheme) {
        if (!Object.hasOwn(this.#reading.components('securitySchemes'), name)) {
          this.#reading.warn(`Reference to security definition '${name}' not found. Ignoring.`)
        }
      } else if (scheme.kind === 'api-key') {
        protection = { ...protection, apiKeyRequired: true }
      } else if (protection.authorizationType === 'NONE' && !isSaid) {
        protection = { ...protection, ...grantOf(name, scheme, textsOf(scopes)) }
      }
    }
    return protection
  }

  #readScheme(name: string, scheme: JsonObject): Scheme | undefined {
    const authType = scalarText(scheme['x-amazon-apigateway-authtype'])
    if (authType?.toLowerCase() === 'awssigv4') return { kind: 'iam' }
    const extension = this.#reading.resolve(scheme['x-amazon-apigateway-authorizer'])
    if (extension) return this.#readAuthorizer(name, scheme, extension, authType)
    if (scheme.type === 'apiKey' && scalarText(scheme.name)?.toLowerCase() === 'x-api-key')
      return { kind: 'api-key' }
    this.#reading.warn(
      `Unsupported security definition type '${scalarText(scheme.type) ?? 'null'}' for '${name}'. Ignoring.`,
    )
    return undefined
  }

  #readAuthorizer(
    name: string,
    scheme: JsonObject,
    extension: JsonObject,
    authType?: string,
  ): Scheme | undefined {
    const type = AUTHORIZER_TYPES[scalarText(extension.type)?.toLowerCase() ?? '']
    if (!type) {
      this.#reading.warn(
        `Unsupported authorizer type '${scalarText(extension.type) ?? 'null'}' for '${name}'. Ignoring.`,
      )
      return undefined
    }
    // OAuth 2.0, OpenID Connect and schemes of HTTP have one place for what they are about.
    const header = scheme.type === 'apiKey' ? keyHeader(scheme) : 'Authorization'
    const pools = textsOf(extension.providerARNs)
    const authorizer = compact<AuthorizerDefinition>({
      type,
      providerARNs: pools.length > 0 ? pools : undefined,
      authType,
      authorizerUri: this.#reading.textOf(extension.authorizerUri, `The authorizerUri of '${name}'`),
      authorizerCredentials: this.#reading.textOf(
        extension.authorizerCredentials,
        `The authorizerCredentials of '${name}'`,
      ),
      identitySource:
        scalarText(extension.identitySource) ??
        // The header where the scheme says that the token is.
        (type !== 'REQUEST' && header ? `method.request.header.${header}` : undefined),
      identityValidationExpression: scalarText(extension.identityValidationExpression),
      authorizerResultTtlInSeconds: numberOf(extension.authorizerResultTtlInSeconds),
    })
    return { kind: 'authorizer', authorizer }
  }
}

const keyHeader = (scheme: JsonObject): string | undefined =>
  scheme.in === 'header' ? scalarText(scheme.name) : undefined

function grantOf(name: string, scheme: Scheme, scopes: string[]): Partial<Protection> {
  if (scheme.kind !== 'authorizer') return { authorizationType: 'AWS_IAM' }
  const pool = scheme.authorizer.type === 'COGNITO_USER_POOLS'
  return {
    authorizationType: pool ? 'COGNITO_USER_POOLS' : 'CUSTOM',
    authorizer: name,
    authorizationScopes: pool && scopes.length > 0 ? scopes : undefined,
  }
}
