/** What becomes of a header that a back end answers with. */
export type HeaderFate = 'drop' | 'remap'

/** By lower-case name; a header without an entry passes through. */
export type HeaderFates = ReadonlyMap<string, HeaderFate>

type HeaderList = ReadonlyArray<readonly [name: string, value: string]>

/** Headers of a single connection (RFC 9110, 7.6.1): they say nothing about the client's. */
const HOP_BY_HOP = ['expect', 'keep-alive', 'proxy-authenticate', 'proxy-connection', 'te', 'trailer'].concat(
  ['transfer-encoding', 'upgrade'],
)

/** These the gateway says itself. */
const OWN = ['x-amzn-requestid', 'x-amz-apigw-id']

/**
 * Of functions behind `AWS_PROXY`: the table's third value. `Content-Length` is remapped too, as API Gateway is seen
 * to do, since the length is that of the body it sends.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
export const RESPONSE_HEADERS_OF_FUNCTIONS: HeaderFates = fates({
  drop: [...HOP_BY_HOP, 'host', 'via'],
  remap: [
    'authorization',
    'connection',
    'content-length',
    'content-md5',
    'date',
    'max-forwards',
    'server',
    'user-agent',
    'www-authenticate',
    ...OWN,
  ],
})

/** Of integrations that map their responses themselves: `MOCK`, and later `AWS` and `HTTP`; seen on API Gateway. */
export const RESPONSE_HEADERS_OF_MAPPINGS: HeaderFates = fates({
  drop: ['keep-alive', 'proxy-connection', 'transfer-encoding'],
  remap: [
    'authorization',
    'connection',
    'content-length',
    'content-md5',
    'date',
    'expect',
    'host',
    'max-forwards',
    'proxy-authenticate',
    'server',
    'trailer',
    'upgrade',
    'user-agent',
    'www-authenticate',
    ...OWN,
  ],
})

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** No control characters but the tab (RFC 9110, 5.5): a line break would end the header. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/

/** Headers for the client; undefined when one of them cannot be sent. */
export function reshapeHeaders(
  headers: HeaderList,
  fate: HeaderFates,
): Array<readonly [name: string, value: string]> | undefined {
  const reshaped: Array<readonly [string, string]> = []
  for (const header of headers) {
    const [name, value] = header
    if (!NAME.test(name) || FORBIDDEN_IN_VALUE.test(value)) return undefined
    switch (fate.get(name.toLowerCase())) {
      case undefined:
        reshaped.push(header)
        break
      case 'remap':
        reshaped.push([`x-amzn-Remapped-${name}`, value])
        break
      case 'drop':
    }
  }
  return reshaped
}

function fates(names: Readonly<Record<HeaderFate, readonly string[]>>): HeaderFates {
  return new Map([
    ...names.drop.map(name => [name, 'drop'] as const),
    ...names.remap.map(name => [name, 'remap'] as const),
  ])
}
