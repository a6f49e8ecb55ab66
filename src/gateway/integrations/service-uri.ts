import { type Fields, ownField } from '../../lib/fields.ts'
import { VariableText } from '../variable-text.ts'

/** A request to an AWS service, as far as an integration's URI says it. */
export interface ServiceTarget {
  /** As signatures name it. */
  readonly service: string
  readonly region: string
  /** `{bucket}` of `{bucket}.s3`; '' without. */
  readonly subdomain: string
  readonly path: string
  /** As it stands in the URI, without `?`. */
  readonly query: string
  /** The operation, where the URI names one and no path. */
  readonly action: string | undefined
}

const URI = /^arn:aws[a-z-]*:apigateway:([a-z0-9-]*):((?:[^:/]+\.)?)([a-z0-9-]+):(path|action)\/(.*)$/s

const DOT_SEGMENT = /\/\.{1,2}(?=\/|$)/

const SUBDOMAIN = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)?$/i

const PLACEHOLDER = /\{([^{}/]+)\}/g

/**
 * `arn:aws:apigateway:{region}:{subdomain.service|service}:{path|action}/{service_api}` with `${stageVariables.name}`
 * in it, and `{name}` in paths.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
 */
export class ServiceUri {
  readonly #text: VariableText

  constructor(uri: string) {
    this.#text = new VariableText(uri)
  }

  /**
   * Undefined when what comes out is no such URI; `climbs` where a value of the client's would leave the host or the
   * path that the URI's owner wrote.
   */
  resolve(
    variables: Readonly<Record<string, string>>,
    pathParameters: Readonly<Fields>,
  ): ServiceTarget | 'climbs' | undefined {
    const [, region = '', subdomain = '', service, kind, rest = ''] =
      URI.exec(this.#text.resolve(variables)) ?? []
    if (service === undefined) return undefined
    const [api = '', query = ''] = rest.split(/\?(.*)/s)
    const filled = api.replace(PLACEHOLDER, (_, name: string) => encode(ownField(pathParameters, name) ?? ''))
    const isAction = kind === 'action'
    const filledSubdomain = fill(subdomain.slice(0, -1), pathParameters)
    const climbs = DOT_SEGMENT.test(`/${filled}`) && !DOT_SEGMENT.test(`/${api}`)
    if (climbs || !SUBDOMAIN.test(filledSubdomain)) return 'climbs'
    return {
      service,
      region,
      subdomain: filledSubdomain,
      path: isAction ? '/' : `/${filled.replace(/^\/+/, '')}`,
      query: query.replace(PLACEHOLDER, (_, name: string) => encode(ownField(pathParameters, name) ?? '')),
      action: isAction ? filled : undefined,
    }
  }
}

const encode = (value: string): string => encodeURIComponent(value.toWellFormed())

const fill = (text: string, parameters: Readonly<Fields>): string =>
  text.replace(PLACEHOLDER, (_, name: string) => ownField(parameters, name) ?? '')
