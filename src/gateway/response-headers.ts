import { fates, type HeaderFates, HOP_BY_HOP } from '../lib/reshape-headers.ts'

/** Whatever the integration, a client gets these under other names: the gateway says some of them itself. */
const REMAPPED = [
  'authorization',
  'connection',
  'content-md5',
  'date',
  'max-forwards',
  'server',
  'user-agent',
  'www-authenticate',
  'x-amzn-requestid',
  'x-amz-apigw-id',
]

/**
 * Of functions behind `AWS_PROXY`: the table's third value. `Content-Length` is remapped too, as API Gateway is seen
 * to do, since the length is that of the body it sends.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export const RESPONSE_HEADERS_OF_FUNCTIONS: HeaderFates = fates({
  drop: [...HOP_BY_HOP, 'host', 'via'],
  remap: [...REMAPPED, 'content-length'],
})

/** Of back ends behind `HTTP_PROXY`: the table's second value, and what concerns only one connection. */
export const RESPONSE_HEADERS_OF_HTTP_PROXIES: HeaderFates = fates({
  drop: [...HOP_BY_HOP, 'host', 'via'],
  remap: REMAPPED,
})

/** Of integrations that map their responses themselves. Seen on API Gateway, of `MOCK`. */
export const RESPONSE_HEADERS_OF_MAPPINGS: HeaderFates = fates({
  drop: ['keep-alive', 'proxy-connection', 'transfer-encoding'],
  remap: [...REMAPPED, 'content-length', 'expect', 'host', 'proxy-authenticate', 'trailer', 'upgrade'],
})
