import type { Fields } from '../../lib/fields.ts'
import { ownField } from '../../lib/fields.ts'
import type { HeaderList } from '../../lib/header-list.ts'
import { memberAt } from '../../lib/json-object.ts'
import { parseJson, stringifyJson } from '../velocity/json-text.ts'
import { selectJson } from './json-path.ts'
import { headerValue, type MethodParameters } from './template-variables.ts'

/** What parameter mappings read from. */
export interface MappingSources {
  readonly method: MethodParameters
  readonly multiValueQuery: Readonly<Record<string, readonly string[]>>
  /** Of the integration's answer; names may repeat. */
  readonly integrationHeaders: HeaderList
  /** Of the side that is mapped from: the request's, or the integration's answer. */
  readonly body: string
  readonly context: Record<string, unknown>
  readonly stageVariables: Fields
}

/** Gives a parameter's value; undefined when its source has none, and the parameter then is left out. */
export type ParameterSource = (sources: MappingSources) => string | undefined

/** Gives all of a parameter's values; none when its source has none. */
export type ParameterValues = (sources: MappingSources) => readonly string[]

type Read = (sources: MappingSources, name: string) => unknown

/** By the beginning of a mapping expression: what the rest of it, a name or a JSONPath, means. */
const KINDS: ReadonlyArray<readonly [prefix: string, read: Read]> = [
  ['method.request.path.', ({ method }, name) => ownField(method.path, name)],
  ['method.request.querystring.', ({ method }, name) => ownField(method.querystring, name)],
  [
    'method.request.multivaluequerystring.',
    ({ multiValueQuery }, name) => several(ownField(multiValueQuery, name)),
  ],
  ['method.request.header.', ({ method }, name) => headerValue(method.header, name)],
  ['method.request.multivalueheader.', ({ method }, name) => headerValue(method.header, name)],
  ['method.request.body.', jsonAt],
  ['method.request.body', ({ body }) => body],
  [
    'integration.response.header.',
    ({ integrationHeaders }, name) => headerValues(integrationHeaders, name)?.at(-1),
  ],
  [
    'integration.response.multivalueheader.',
    ({ integrationHeaders }, name) => several(headerValues(integrationHeaders, name)),
  ],
  ['integration.response.body.', jsonAt],
  ['integration.response.body', ({ body }) => body],
  ['stageVariables.', ({ stageVariables }, name) => ownField(stageVariables, name)],
  ['context.', ({ context }, name) => memberAt(context, name.split('.'))],
]

/** Values that stay apart where there is room for several. */
class Several {
  readonly values: readonly string[]

  constructor(values: readonly string[]) {
    this.values = values
  }
}

const several = (values: readonly string[] | undefined): Several | undefined => values && new Several(values)

/**
 * Reads a mapping expression once: `'static'` in single quotes, or one of the forms of
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 * Several values are joined by commas.
 */
export function parseParameterSource(expression: string): ParameterSource {
  const read = parseExpression(expression)
  return sources => asText(read(sources))
}

/** As {@link parseParameterSource}, for what may be sent more than once: values of `multivalue...` stay apart. */
export function parseParameterValues(expression: string): ParameterValues {
  const read = parseExpression(expression)
  return sources => {
    const value = read(sources)
    if (value instanceof Several) return value.values
    const text = asText(value)
    return text === undefined ? [] : [text]
  }
}

function parseExpression(expression: string): (sources: MappingSources) => unknown {
  if (expression.startsWith("'")) {
    const text = expression.endsWith("'") ? expression.slice(1, -1) : expression.slice(1)
    return () => text
  }
  const kind = KINDS.find(([prefix]) => expression.startsWith(prefix))
  if (!kind) return () => undefined
  const [prefix, read] = kind
  const name = expression.slice(prefix.length)
  return sources => read(sources, name)
}

function headerValues(headers: HeaderList, name: string): string[] | undefined {
  const lower = name.toLowerCase()
  const found = headers.filter(([each]) => each.toLowerCase() === lower).map(([, value]) => value)
  return found.length > 0 ? found : undefined
}

function asText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof Several) return value.values.join(',')
  return typeof value === 'object' ? stringifyJson(value) : String(value)
}

/** Bodies as JSON, read once however many parameters are taken from one; null: it is none. */
const documents = new WeakMap<MappingSources, { readonly value: unknown } | null>()

/** A body that is not JSON has nothing at any path. */
function jsonAt(sources: MappingSources, path: string): unknown {
  let document = documents.get(sources)
  if (document === undefined) {
    document = documentOf(sources.body)
    documents.set(sources, document)
  }
  return document ? selectJson(document.value, path.startsWith('[') ? `$${path}` : `$.${path}`) : undefined
}

function documentOf(body: string): { readonly value: unknown } | null {
  try {
    return { value: parseJson(body) }
  } catch {
    return null
  }
}
