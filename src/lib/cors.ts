import type { HeaderList } from './header-list.ts'

/** What a browser's page of another origin may do. */
export interface Cors {
  readonly allowCredentials?: boolean
  readonly allowHeaders?: readonly string[]
  readonly allowMethods?: readonly string[]
  /** Origins, or `*` for all. */
  readonly allowOrigins?: readonly string[]
  readonly exposeHeaders?: readonly string[]
  /** Seconds. */
  readonly maxAge?: number
}

/** A browser asks whether its page may send a request of another kind than a form could. */
export const isPreflight = (request: Request): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.has('origin') &&
  request.headers.has('access-control-request-method')

/**
 * What every answer tells a page of another origin; nothing when that origin is not let in. Lambda's function URLs are
 * seen to name the page's origin also where all are let in, which a browser wants for requests with credentials.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
 */
export function corsHeaders(cors: Cors, request: Request): HeaderList {
  const headers = originHeaders(cors, request)
  if (headers.length > 1 && cors.exposeHeaders?.length) {
    headers.push(['Access-Control-Expose-Headers', cors.exposeHeaders.join(',')])
  }
  return headers
}

/** The answer to a preflight. What is asked for and not allowed is left out, which the browser takes for a no. */
export function preflightHeaders(cors: Cors, request: Request): HeaderList {
  const headers = originHeaders(cors, request)
  if (headers.length === 1) return headers
  const methods = allowed(cors.allowMethods, request.headers.get('access-control-request-method'))
  if (methods) headers.push(['Access-Control-Allow-Methods', methods])
  const names = allowed(cors.allowHeaders, request.headers.get('access-control-request-headers'))
  if (names) headers.push(['Access-Control-Allow-Headers', names])
  if (cors.maxAge !== undefined) headers.push(['Access-Control-Max-Age', String(cors.maxAge)])
  return headers
}

/** One header alone says that the origin is not let in: answers differ by it all the same. */
function originHeaders({ allowOrigins, allowCredentials }: Cors, request: Request): Array<[string, string]> {
  const headers: Array<[string, string]> = [['Vary', 'Origin']]
  const origin = request.headers.get('origin')
  if (origin === null || !allowOrigins?.some(each => each === '*' || isSameOrigin(each, origin)))
    return headers
  headers.push(['Access-Control-Allow-Origin', origin])
  if (allowCredentials) headers.push(['Access-Control-Allow-Credentials', 'true'])
  return headers
}

/** Schemes and hosts have no case. */
const isSameOrigin = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** The list as it is set; where all is allowed, what is asked for: with credentials browsers take `*` for a name. */
function allowed(list: readonly string[] | undefined, asked: string | null): string | undefined {
  if (!list || list.length === 0) return undefined
  return list.includes('*') ? (asked ?? undefined) : list.join(',')
}
