import { ownField } from '../../lib/fields.ts'
import { reshapeHeaders } from '../../lib/reshape-headers.ts'
import type { Reply } from '../exchange.ts'
import type { GatewayResponseType } from '../gateway-responses.ts'
import { type MappingSources, type ParameterValues, parseParameterValues } from '../mapping/map-parameters.ts'
import { firstAccepted } from '../media-types.ts'
import { RESPONSE_HEADERS_OF_MAPPINGS } from '../response-headers.ts'
import type { Snapshot, SnapshotGatewayResponse } from '../snapshot.ts'
import { VariableTemplate } from './variable-template.ts'

type Definitions = NonNullable<Snapshot['gatewayResponses']>

/** What an API's owner wants to be answered where the gateway refuses a request. */
export class OwnResponses {
  readonly #definitions: Definitions
  readonly #prepared = new Map<string, OwnResponse | undefined>()

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  /**
   * For a type, else for its class of statuses; `status` is the one without any definition.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
   */
  for(type: GatewayResponseType, status: number): OwnResponse | undefined {
    return this.#get(type) ?? this.#get(status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX')
  }

  #get(type: GatewayResponseType): OwnResponse | undefined {
    const known = this.#prepared.get(type)
    if (known || this.#prepared.has(type)) return known
    const definition = ownField(this.#definitions, type)
    const prepared = definition && new OwnResponse(definition)
    this.#prepared.set(type, prepared)
    return prepared
  }
}

/** What a `Content-Type` can be made of. */
const SENDABLE = /^[ -~]+$/

const HEADER_PREFIX = 'gatewayresponse.header.'

/** One definition, with all that has to be parsed. */
export class OwnResponse {
  /** Undefined: the error's own. */
  readonly status: number | undefined
  readonly #headers: ReadonlyArray<readonly [name: string, values: ParameterValues]>
  readonly #templates: ReadonlyMap<string, VariableTemplate>

  constructor({ statusCode, parameters = {}, templates = {} }: SnapshotGatewayResponse) {
    // No response can have a status below 200.
    this.status = Number(statusCode) >= 200 ? Number(statusCode) : undefined
    this.#headers = Object.entries(parameters)
      .filter(([name]) => name.startsWith(HEADER_PREFIX))
      .map(([name, source]) => [name.slice(HEADER_PREFIX.length), parseParameterValues(source)])
    this.#templates = new Map(
      Object.entries(templates)
        .filter(([contentType]) => SENDABLE.test(contentType))
        .map(([contentType, text]) => [
          contentType,
          new VariableTemplate(text, /[/+]json\b/i.test(contentType)),
        ]),
    )
  }

  /** By the request's first `Accept`, else JSON, else the first one there is; undefined without any. */
  body(accept: string | null, sources: MappingSources): { contentType: string; text: string } | undefined {
    for (const contentType of [firstAccepted(accept), 'application/json', ...this.#templates.keys()]) {
      const template = this.#templates.get(contentType)
      if (template) return { contentType, text: template.render(sources) }
    }
    return undefined
  }

  /** What cannot be sent is left out: an error is answered in any case. */
  headers(sources: MappingSources): Reply['headers'] {
    return this.#headers
      .flatMap(([name, values]) => values(sources).map(value => [name, value] as const))
      .flatMap(header => reshapeHeaders([header], RESPONSE_HEADERS_OF_MAPPINGS) ?? [])
  }
}
