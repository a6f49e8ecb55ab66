import type { Fields } from '../../lib/fields.ts'
import type { HeaderList } from '../../lib/header-list.ts'
import { memberAt } from '../../lib/json-object.ts'
import type { Exchange } from '../exchange.ts'
import { requestContext } from '../request-context.ts'
import type { MappingSources } from './map-parameters.ts'
import { methodParameters } from './method-parameters.ts'
import {
  type MethodParameters,
  TemplateInput,
  TemplateUtil,
  type TemplateVariables,
} from './template-variables.ts'

/**
 * What the mappings and templates of one exchange read from, put together only when one of them asks. All share one
 * `$context`, so that what the request template overrides holds for the response.
 */
export class ExchangeSources implements MappingSources {
  readonly exchange: Exchange
  readonly body: string
  readonly integrationHeaders: HeaderList
  #method: MethodParameters | undefined
  #context: { made: Record<string, unknown> | undefined } = { made: undefined }

  constructor(exchange: Exchange, body: string, integrationHeaders: HeaderList = []) {
    this.exchange = exchange
    this.body = body
    this.integrationHeaders = integrationHeaders
  }

  /** The sources of the response's mappings: the back end's answer, and everything else as it is now. */
  answeredWith(body: string, headers: HeaderList): ExchangeSources {
    const sources = new ExchangeSources(this.exchange, body, headers)
    sources.#method = this.#method
    sources.#context = this.#context
    return sources
  }

  get method(): MethodParameters {
    this.#method ??= methodParameters(this.exchange)
    return this.#method
  }

  get multiValueQuery(): Readonly<Record<string, readonly string[]>> {
    return this.exchange.query.multi ?? {}
  }

  get context(): Record<string, unknown> {
    this.#context.made ??= {
      // A copy throughout: templates may change it, and an authorizer's answer is kept for other requests.
      ...structuredClone(requestContext(this.exchange)),
      requestOverride: { header: {}, path: {}, querystring: {} },
      responseOverride: { header: {} },
    }
    return this.#context.made
  }

  get stageVariables(): Fields {
    return this.exchange.located.stage.variables
  }

  /** What templates put into `$context.requestOverride`; nothing where no template could. */
  requestOverrides(place: string): ReadonlyArray<readonly [name: string, values: readonly string[]]> {
    return overrides(this.#context.made?.requestOverride, place)
  }

  /** What templates put into `$context.responseOverride.header`. */
  responseOverrides(): ReadonlyArray<readonly [name: string, values: readonly string[]]> {
    return overrides(this.#context.made?.responseOverride, 'header')
  }

  /** `$context.responseOverride.status`; one that is no status is ignored. */
  overriddenStatus(): number | undefined {
    const status = Number(memberAt(this.#context.made, ['responseOverride', 'status']))
    return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined
  }

  variables(): TemplateVariables {
    return {
      input: new TemplateInput(this.body, () => this.method),
      context: this.context,
      stageVariables: { ...this.stageVariables },
      util: new TemplateUtil(),
    }
  }
}

/** A list overrides with several values; a template may have put anything in the place of the whole. */
function overrides(made: unknown, place: string): Array<[name: string, values: string[]]> {
  const named = memberAt(made, [place])
  if (typeof named !== 'object' || named === null) return []
  return Object.entries(named).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(String) : [String(value)],
  ])
}
