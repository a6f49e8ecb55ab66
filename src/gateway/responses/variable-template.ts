import { memberAt } from '../../lib/json-object.ts'

/** What the variables of a template stand for. */
export interface TemplateValues {
  readonly context: Record<string, unknown>
  readonly stageVariables: Readonly<Record<string, string>>
}

interface Variable {
  readonly root: keyof TemplateValues
  readonly path: readonly string[]
}

/** `$context.error.message`, `${stageVariables.name}`. A name has no hyphen at its end: that is text again. */
const NAME = '(context|stageVariables)((?:\\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)+)'
const VARIABLE = new RegExp(`\\$(?:${NAME}|\\{${NAME}\\})`, 'g')

/**
 * The body of a gateway response: variables become their values, and nothing else means anything. "Supports only
 * simple variable substitution"; it is no Velocity.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
 */
export class VariableTemplate {
  readonly #parts: ReadonlyArray<string | Variable>
  readonly #isJson: boolean

  /** `isJson`: values that are put into the text are to be parts of JSON strings there. */
  constructor(text: string, isJson: boolean) {
    this.#parts = [...split(text)]
    this.#isJson = isJson
  }

  /** A variable without a value leaves nothing. */
  render(values: TemplateValues): string {
    return this.#parts.map(part => (typeof part === 'string' ? part : this.#text(part, values))).join('')
  }

  #text({ root, path }: Variable, values: TemplateValues): string {
    const value = memberAt(values[root], path)
    if (value === undefined || value === null) return ''
    if (value instanceof Quoted) return value.text
    if (typeof value === 'object') return JSON.stringify(value)
    return this.#isJson ? JSON.stringify(String(value)).slice(1, -1) : String(value)
  }
}

/** A value that is JSON already, such as `$context.error.messageString`. */
export class Quoted {
  readonly text: string

  constructor(value: string | null) {
    this.text = JSON.stringify(value)
  }

  toString(): string {
    return this.text
  }
}

function* split(text: string): Generator<string | Variable> {
  let at = 0
  for (const match of text.matchAll(VARIABLE)) {
    const [whole, root, path, bracedRoot, bracedPath] = match
    yield text.slice(at, match.index)
    yield {
      root: (root ?? bracedRoot) as keyof TemplateValues,
      path: (path ?? bracedPath)!.slice(1).split('.'),
    }
    at = match.index + whole.length
  }
  yield text.slice(at)
}
