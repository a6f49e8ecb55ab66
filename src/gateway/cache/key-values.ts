import { ownField } from '../../lib/fields.ts'
import type { Exchange } from '../exchange.ts'
import { ExchangeSources } from '../mapping/exchange-sources.ts'
import { parseParameterSource } from '../mapping/map-parameters.ts'
import type { SnapshotIntegration } from '../snapshot.ts'

/** What of a request tells kept answers apart. Null where the request has none. */
export type KeyValue = (exchange: Exchange) => readonly string[] | string | null

/** Locations of `method.request.{location}.{name}`, of which a request may have several values at one name. */
const LOCATIONS: Readonly<Record<string, (name: string) => KeyValue>> = {
  path: name => exchange => ownField(exchange.located.pathParameters ?? {}, name) ?? null,
  querystring: queryValues,
  multivaluequerystring: queryValues,
  header: headerValues,
  multivalueheader: headerValues,
}

function queryValues(name: string): KeyValue {
  return exchange => ownField(exchange.query.multi ?? {}, name) ?? null
}

function headerValues(name: string): KeyValue {
  return exchange => exchange.request.headers.get(name)
}

/**
 * The values of an integration's cache key parameters: of the method's own request, or of what is sent to the back end,
 * wherever that comes from. Without any, one answer serves all requests of the resource, as on API Gateway.
 *
 * Undefined where a value comes from the body: reading it would keep answers apart, and nothing reads bodies for that.
 */
export function keyValues(integration: SnapshotIntegration | undefined): readonly KeyValue[] | undefined {
  const sources = (integration?.cacheKeyParameters ?? []).map(parameter =>
    parameter.startsWith('integration.request.')
      ? ownField(integration?.requestParameters ?? {}, parameter)
      : parameter,
  )
  if (sources.some(source => source?.startsWith('method.request.body'))) return undefined
  return sources.map(source => (source === undefined ? () => null : keyValue(source)))
}

function keyValue(source: string): KeyValue {
  const [, location = '', name = ''] = /^method\.request\.([a-z]+)\.(.+)$/.exec(source) ?? []
  const read = ownField(LOCATIONS, location)
  if (read) return read(name)
  // A constant, a stage variable, something of the context.
  const parse = parseParameterSource(source)
  return exchange => parse(new ExchangeSources(exchange, '')) ?? null
}
