import type { Fields } from '../../lib/fields.ts'
import type { Exchange } from '../exchange.ts'
import { type GatewayRefusal, wordingOf } from '../gateway-responses.ts'
import type { MappingSources } from '../mapping/map-parameters.ts'
import { methodParameters } from '../mapping/method-parameters.ts'
import type { MethodParameters } from '../mapping/template-variables.ts'
import { contextSoFar } from '../request-context.ts'
import { Quoted } from './variable-template.ts'

/** `$context.error` */
export interface ErrorContext {
  readonly message: string | null
  /** The message in double quotes. */
  readonly messageString: Quoted
  readonly responseType: string
  /** "A string containing a detailed validation error message." */
  readonly validationErrorString?: string
}

export function errorContext(refusal: GatewayRefusal): ErrorContext {
  const { message } = wordingOf(refusal)
  return {
    message,
    messageString: new Quoted(message),
    responseType: refusal.type,
    ...(refusal.validationErrors !== undefined && { validationErrorString: refusal.validationErrors }),
  }
}

/** What an API's own response to a refusal can name. The request may have matched no method. */
export class RefusalSources implements MappingSources {
  readonly #exchange: Exchange
  readonly #refusal: GatewayRefusal
  readonly body = ''
  readonly integrationHeaders: [] = []
  #method: MethodParameters | undefined
  #context: Record<string, unknown> | undefined

  constructor(exchange: Exchange, refusal: GatewayRefusal) {
    this.#exchange = exchange
    this.#refusal = refusal
  }

  get method(): MethodParameters {
    this.#method ??= methodParameters(this.#exchange)
    return this.#method
  }

  get multiValueQuery(): Readonly<Record<string, readonly string[]>> {
    return this.#exchange.query.multi ?? {}
  }

  get context(): Record<string, unknown> {
    const exchange = this.#exchange
    this.#context ??= {
      ...contextSoFar(exchange),
      error: errorContext(this.#refusal),
    }
    return this.#context
  }

  get stageVariables(): Fields {
    return this.#exchange.stage?.variables ?? {}
  }
}
