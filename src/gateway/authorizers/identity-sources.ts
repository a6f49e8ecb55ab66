import { ownField } from '../../lib/fields.ts'
import { memberAt } from '../../lib/json-object.ts'
import type { Exchange } from '../exchange.ts'
import { requestContext } from '../request-context.ts'

/** Reads one identity source of a request; nothing where the request does not have it. */
type ReadSource = (exchange: Exchange) => string | null | undefined

/** By what stands before the name in `method.request.header.Authorization`. */
const READERS: Readonly<Record<string, (name: string) => ReadSource>> = {
  'method.request.header.':
    name =>
    ({ request }) =>
      request.headers.get(name),
  'method.request.querystring.': name => exchange => {
    const values = ownField(exchange.query.multi ?? {}, name)
    return values && values.length > 1 ? JSON.stringify(values) : values?.[0]
  },
  'stageVariables.': name => exchange => ownField(exchange.located.stage.variables, name),
  'context.': name => exchange => contextValue(exchange, name),
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** One expression of an identity source: `method.request.header.Authorization`. */
export interface IdentitySource {
  readonly expression: string
  readonly read: ReadSource
}

/**
 * Cuts up the expressions of an authorizer, several of them joined by commas.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
 *
 * @returns undefined when one of them is none
 */
export function parseIdentitySources(text: string | undefined): readonly IdentitySource[] | undefined {
  const sources: IdentitySource[] = []
  for (const part of text?.split(',') ?? []) {
    const expression = part.trim()
    if (expression === '') continue
    const prefix = Object.keys(READERS).find(start => expression.startsWith(start))
    const name = expression.slice(prefix?.length ?? 0)
    if (prefix === undefined || name === '' || /\s/.test(name)) return undefined
    if (prefix === 'method.request.header.' && !HEADER_NAME.test(name)) return undefined
    sources.push({ expression, read: READERS[prefix]!(name) })
  }
  return sources
}

/** The values of all sources; undefined when one of them is "missing, null, or empty". */
export function readIdentity(
  sources: readonly IdentitySource[],
  exchange: Exchange,
): readonly string[] | undefined {
  const values: string[] = []
  for (const { read } of sources) {
    const value = read(exchange)
    if (!value) return undefined
    values.push(value)
  }
  return values
}

/** `$context` as far as it is known before anybody is authorized: `context.identity.sourceIp`. */
function contextValue(exchange: Exchange, name: string): string | undefined {
  const value = memberAt(requestContext(exchange), name.split('.'))
  return value === null || value === undefined || typeof value === 'object' ? undefined : String(value)
}
