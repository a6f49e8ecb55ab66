import { Buffer } from 'node:buffer'
import { decodeSegment, type Fields, ownField, setField } from '../../lib/fields.ts'
import { textOf } from '../velocity/java-values.ts'
import { markJsonList, markJsonLists } from '../velocity/json-list.ts'
import { parseJson, stringifyJson } from '../velocity/json-text.ts'
import { TemplateError } from '../velocity/template-error.ts'
import { TemplateObject } from '../velocity/template-object.ts'
import { spend } from '../velocity/work.ts'
import { selectJson } from './json-path.ts'

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
export class TemplateInput extends TemplateObject {
  /** The raw payload; an empty one is seen as `{}`. */
  readonly body: string
  readonly #parameters: () => MethodParameters
  #json: { readonly value: unknown } | undefined

  /** The parameters are asked for only when the template does. */
  constructor(body: string, parameters: () => MethodParameters) {
    super()
    this.body = body === '' ? '{}' : body
    this.#parameters = parameters
  }

  override property(name: string): unknown {
    return name === 'body' ? this.body : undefined
  }

  override call(name: string, args: readonly unknown[]): unknown {
    switch (name) {
      case 'body':
      case 'getBody':
        return this.body
      case 'json':
        return this.#asJson(textOf(args[0]))
      case 'path':
        return this.#select(textOf(args[0]))
      case 'params':
        return args.length === 0 ? structuredClone(this.#parameters()) : this.#parameter(textOf(args[0]))
      default:
        return undefined
    }
  }

  /** "from the path, query string, or header value (searched in that order)" */
  #parameter(name: string): string {
    const { path, querystring, header } = this.#parameters()
    return ownField(path, name) ?? ownField(querystring, name) ?? headerValue(header, name) ?? ''
  }

  /** JSON text of what a JSONPath expression selects. */
  #asJson(expression: string): string {
    const found = this.#select(expression)
    if (found === undefined) return ''
    const text = stringifyJson(found)
    spend(text.length >> 5)
    return text
  }

  /** What a JSONPath expression selects, for Velocity to work with. */
  #select(expression: string): unknown {
    this.#json ??= { value: parseBody(this.body) }
    const found = selectJson(this.#json.value, expression === '' ? '$' : expression)
    return Array.isArray(found) ? markJsonList(found) : found
  }
}

/** `$util` */
export class TemplateUtil extends TemplateObject {
  override call(name: string, [value]: readonly unknown[]): unknown {
    const text = textOf(value)
    spend(text.length >> 5)
    return ownField(UTILITIES, name)?.(text)
  }
}

const UTILITIES: Readonly<Record<string, (text: string) => unknown>> = {
  /** Quotes, backslashes and control characters become escapes, all but ASCII becomes `\uXXXX`. */
  escapeJavaScript: text =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll("'", "\\'")
      .replace(/[\u0080-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),

  parseJson: parseBody,

  /** `application/x-www-form-urlencoded`: letters, digits and `.-*_` stay, a space is a plus. */
  urlEncode: text =>
    encodeURIComponent(text.toWellFormed())
      .replaceAll('%20', '+')
      .replace(/[!'()~]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),

  urlDecode: text => decodeSegment(text.replaceAll('+', ' ')),

  base64Encode: text => Buffer.from(text, 'utf8').toString('base64'),

  base64Decode: text => Buffer.from(text, 'base64').toString('utf8'),
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

/**
 * A payload as templates see it. One that is no JSON is a text, as a form's fields are, unless it begins as JSON does
 * (seen on API Gateway).
 */
function parseBody(text: string): unknown {
  try {
    return markJsonLists(parseJson(text))
  } catch (cause) {
    if (/^\s*[[{]/.test(text)) throw new BodyNotJson('the payload is not JSON', { cause })
    return text
  }
}
