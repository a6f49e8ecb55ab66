import type { Fields } from '../../lib/fields.ts'
import { ownField } from '../../lib/fields.ts'
import { headerValue, type MethodParameters, selectJson } from './template-variables.ts'

/** What parameter mappings read from. */
export interface MappingSources {
  readonly method: MethodParameters
  readonly multiValueQuery: Readonly<Record<string, readonly string[]>>
  readonly integrationHeaders: Fields
  /** Of the side that is mapped from: the request's, or the integration's answer. */
  readonly body: string
  readonly context: Record<string, unknown>
  readonly stageVariables: Fields
}

/** Gives a parameter's value; undefined when its source has none, and the parameter then is left out. */
export type ParameterSource = (sources: MappingSources) => string | undefined

const NOTHING: ParameterSource = () => undefined

/** By the beginning of a mapping expression: what the rest of it, a name or a JSONPath, means. */
const KINDS: ReadonlyArray<
  readonly [prefix: string, read: (sources: MappingSources, name: string) => unknown]
> = [
  ['method.request.path.', ({ method }, name) => ownField(method.path, name)],
  ['method.request.querystring.', ({ method }, name) => ownField(method.querystring, name)],
  [
    'method.request.multivaluequerystring.',
    ({ multiValueQuery }, name) => ownField(multiValueQuery, name)?.join(','),
  ],
  ['method.request.header.', ({ method }, name) => headerValue(method.header, name)],
  ['method.request.multivalueheader.', ({ method }, name) => headerValue(method.header, name)],
  ['method.request.body.', ({ body }, path) => jsonAt(body, path)],
  ['method.request.body', ({ body }) => body],
  ['integration.response.header.', (sources, name) => headerValue(sources.integrationHeaders, name)],
  [
    'integration.response.multivalueheader.',
    (sources, name) => headerValue(sources.integrationHeaders, name),
  ],
  ['integration.response.body.', ({ body }, path) => jsonAt(body, path)],
  ['integration.response.body', ({ body }) => body],
  ['stageVariables.', ({ stageVariables }, name) => ownField(stageVariables, name)],
  ['context.', ({ context }, name) => dig(context, name.split('.'))],
]

/**
 * Reads a mapping expression once: `'static'` in single quotes, or one of the forms of
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 */
export function parseParameterSource(expression: string): ParameterSource {
  if (expression.startsWith("'")) {
    const text = expression.endsWith("'") ? expression.slice(1, -1) : expression.slice(1)
    return () => text
  }
  const kind = KINDS.find(([prefix]) => expression.startsWith(prefix))
  if (!kind) return NOTHING
  const [prefix, read] = kind
  const name = expression.slice(prefix.length)
  return sources => asText(read(sources, name))
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A body that is not JSON has nothing at any path. */
function jsonAt(body: string, path: string): unknown {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return undefined
  }
  return selectJson(document, path.startsWith('[') ? `$${path}` : `$.${path}`)
}

function dig(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = ownField(found as Record<string, unknown>, name)
  }
  return found
}
