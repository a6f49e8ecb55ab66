import { Buffer } from 'node:buffer'
import { jsonpath } from 'json-p3'
import { decodeSegment, type Fields, ownField, setField } from '../../lib/fields.ts'
import { TemplateError } from './render-template.ts'

/** What a mapping template can name. Made anew for each request: templates may change what they are given. */
export interface TemplateVariables {
  readonly input: TemplateInput
  readonly context: Record<string, unknown>
  readonly stageVariables: Fields
  readonly util: TemplateUtil
}

/** The request's parameters, decoded, by where they stood. */
export interface MethodParameters {
  readonly path: Fields
  readonly querystring: Fields
  readonly header: Fields
}

/** The payload is not JSON although the template treats it as such: the client's mistake. */
export class BodyNotJson extends TemplateError {}

/**
 * `$input`
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 */
export class TemplateInput {
  /** The raw payload; an empty one is seen as `{}`. */
  readonly body: string
  readonly #parameters: () => MethodParameters
  #json: { readonly value: unknown } | undefined

  /** The parameters are asked for only when the template does. */
  constructor(body: string, parameters: () => MethodParameters) {
    this.body = body === '' ? '{}' : body
    this.#parameters = parameters
  }

  /** All parameters, or the one of that name "from the path, query string, or header value (searched in that order)". */
  params(name?: string): unknown {
    if (name === undefined) return structuredClone(this.#parameters())
    const { path, querystring, header } = this.#parameters()
    return ownField(path, name) ?? ownField(querystring, name) ?? headerValue(header, name) ?? ''
  }

  /** JSON text of what a JSONPath expression selects. */
  json(expression: string): string {
    const found = this.#select(expression)
    return found === undefined ? '' : JSON.stringify(found)
  }

  /** What a JSONPath expression selects, for Velocity to work with. */
  path(expression: string): unknown {
    return this.#select(expression)
  }

  #select(expression: string): unknown {
    this.#json ??= { value: parseBody(this.body) }
    return selectJson(this.#json.value, expression)
  }
}

/** `$util` */
export class TemplateUtil {
  /** Quotes, backslashes and control characters become escapes, all but ASCII becomes `\uXXXX`. */
  escapeJavaScript(value: unknown): string {
    const quoted = JSON.stringify(String(value ?? ''))
      .slice(1, -1)
      .replaceAll("'", "\\'")
    return quoted.replace(
      /[\u0080-\uffff]/g,
      char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  }

  parseJson(text: unknown): unknown {
    return parseBody(String(text ?? ''))
  }

  /** `application/x-www-form-urlencoded`: letters, digits and `.-*_` stay, a space is a plus. */
  urlEncode(value: unknown): string {
    return encodeURIComponent(String(value ?? ''))
      .replaceAll('%20', '+')
      .replace(/[!'()~]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  }

  urlDecode(value: unknown): string {
    return decodeSegment(String(value ?? '').replaceAll('+', ' '))
  }

  base64Encode(value: unknown): string {
    return Buffer.from(String(value ?? ''), 'utf8').toString('base64')
  }

  base64Decode(value: unknown): string {
    return Buffer.from(String(value ?? ''), 'base64').toString('utf8')
  }
}

/**
 * What a JSONPath expression selects. One that can only name a single place gives what is there, or undefined; any
 * other gives an array, as in the Java library that API Gateway's documentation refers to.
 */
export function selectJson(document: unknown, expression: string): unknown {
  if (expression === '$') return document
  try {
    const query = jsonpath.compile(expression)
    const found = query.query(document as Parameters<typeof query.query>[0]).values()
    return query.singularQuery() ? found[0] : found
  } catch (cause) {
    throw new TemplateError(`'${expression}' is not a JSONPath expression`, { cause })
  }
}

/** Headers are found in any spelling; queries and path variables only in their own. */
export function headerValue(headers: Fields, name: string): string | undefined {
  const exact = ownField(headers, name)
  if (exact !== undefined) return exact
  const lower = name.toLowerCase()
  for (const key in headers) if (key.toLowerCase() === lower) return headers[key]
  return undefined
}

export function decodedParameters(parameters: Fields | null): Fields {
  const decoded: Fields = {}
  for (const name in parameters) setField(decoded, name, decodeSegment(parameters[name]!))
  return decoded
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BodyNotJson('the payload is not JSON', { cause })
  }
}
