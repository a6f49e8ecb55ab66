import type { SignedRequest } from '../../../../src/aws/wire/signature/verify.ts'

// The signatures that AWS publishes to test clients with, as facts: what was signed, and what came out. Made with
// AKIDEXAMPLE's secret for region us-east-1 and service "service" on 2015-08-30 at 12:36:00; `query` is the
// signature of the same request presigned for an hour. Names are those of the published suite.
export const ACCESS_KEY_ID = 'AKIDEXAMPLE'
export const SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
export const AMZ_DATE = '20150830T123600Z'
export const SIGNED_AT = Date.UTC(2015, 7, 30, 12, 36, 0)

export interface Vector {
  readonly names: string
  readonly method?: 'POST'
  readonly path?: string
  readonly search?: string
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  readonly token?: string
  /** All bodies of the suite are this one. */
  readonly body?: 'Param1=value1'
  /** The header form carries `x-amz-content-sha256`. */
  readonly declaresBody?: true
  readonly unnormalized?: true
  readonly header: string
  readonly query?: string
}

export const SHORT_TOKEN = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267'
export const LONG_TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const FORM = 'application/x-www-form-urlencoded'
const POST = { method: 'POST' } as const
const BODY = { ...POST, body: 'Param1=value1' } as const

const ROOT = {
  header: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  query: 'e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d',
}

// biome-ignore format: one vector, three lines: what, header form, presigned form
export const VECTORS: readonly Vector[] = [
  { names: 'get-vanilla, get-vanilla-query', ...ROOT },
  { names: 'get-relative', path: '/example/..', ...ROOT },
  { names: 'get-relative-relative', path: '/example1/example2/../..', ...ROOT },
  { names: 'get-slash-dot-slash', path: '/./', ...ROOT },
  { names: 'get-slash', path: '//', ...ROOT },
  { names: 'get-slash-pointless-dot', path: '/./example',
    header: 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
    query: '35034b1a0bdd969f346975386daf8aedfd4976573b8348cf4f67eaa41c5857de' },
  { names: 'get-slashes', path: '//example//',
    header: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
    query: 'c1834e8fb0307243711f0f907f6ab7311ed300d87f13792d7ee4da89ab93e082' },
  { names: 'get-space', path: '/example space/',
    header: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    query: '7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6' },
  { names: 'get-space-unnormalized', path: '/example space/', unnormalized: true,
    header: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    query: '7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6' },
  { names: 'get-relative-unnormalized', path: '/example/..', unnormalized: true,
    header: 'eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282',
    query: 'cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee' },
  { names: 'get-relative-relative-unnormalized', path: '/example1/example2/../..', unnormalized: true,
    header: 'dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b',
    query: 'b45db0bfd1cf15003493b733e33aa208dd981bd0e63037a6ed953f71d2118a16' },
  { names: 'get-slash-dot-slash-unnormalized', path: '/./', unnormalized: true,
    header: '68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145',
    query: 'a9b13e8f3484d9505bf1a6f347219f8f35b0fe8f128ceea597efc146a3dfe90c' },
  { names: 'get-slash-pointless-dot-unnormalized', path: '/./example', unnormalized: true,
    header: 'beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff',
    query: '72b11f16d9530b18204bfb71f2d6ab085894c0ed8d352730a6e76234c58b5e10' },
  { names: 'get-slash-unnormalized', path: '//', unnormalized: true,
    header: 'c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e',
    query: 'b2a9542809db687769200f56a844a03f2bd0291d6eb90232d5101c6a579446cd' },
  { names: 'get-slashes-unnormalized', path: '//example//', unnormalized: true,
    header: '87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5',
    query: '822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2' },
  { names: 'get-special-character', path: '/example/$delete',
    header: 'a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27' },
  { names: 'get-unreserved', path: `/${UNRESERVED}`,
    header: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    query: '95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005' },
  { names: 'get-utf8', path: '/\u1234',
    header: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    query: '10eae3f14a260bd3911cc6d008d3c576d143b05b62f09782a7a4b37f52178e44' },
  { names: 'get-vanilla-empty-query-key', search: 'Param1=value1',
    header: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    query: '49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de' },
  { names: 'get-vanilla-query-order-encoded', search: 'Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    header: '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
    query: 'c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787' },
  { names: 'get-vanilla-query-order-key', search: 'Param1=value2&Param1=Value1',
    header: 'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1' },
  { names: 'get-vanilla-query-order-value', search: 'Param1=value2&Param1=value1',
    header: '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694' },
  { names: 'get-vanilla-query-order-key-case', search: 'Param2=value2&Param1=value1',
    header: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    query: '86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5' },
  { names: 'get-vanilla-query-unreserved', search: `${UNRESERVED}=${UNRESERVED}`,
    header: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    query: '8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf' },
  { names: 'get-vanilla-utf8-query', search: '\u1234=bar',
    header: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    query: '0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600' },
  { names: 'get-header-key-duplicate',
    headers: [['My-Header1', 'value2'], ['My-Header1', 'value2'], ['My-Header1', 'value1']],
    header: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    query: '3349ee0b81b4b589da0ff28a395c3591e04de515651dd74f298fa992d1507a97' },
  { names: 'get-header-value-order',
    headers: [['My-Header1', 'value4'], ['My-Header1', 'value1'], ['My-Header1', 'value3'], ['My-Header1', 'value2']],
    header: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    query: '313720e71ca6202fdcfa9b20f88de01a4eb0638a83c833b1c184359a4eda864e' },
  // A folded header, as an HTTP parser hands it on: every line break is a blank.
  { names: 'get-header-value-multiline', headers: [['My-Header1', 'value1   value2      value3']],
    header: 'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
    query: 'e6f5def831211aca02987a44b96826706278c7bc078112ae0263659c5b2f2d56' },
  { names: 'get-header-value-trim', headers: [['My-Header1', ' value1'], ['My-Header2', ' "a   b   c"']],
    header: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    query: 'e7bb0fd515e125e1aec2ecc4c0c17484fb06f6846b927c35e46005dd3df3acd4' },
  { names: 'get-vanilla-with-session-token', token: SHORT_TOKEN,
    header: '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    query: '7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c' },
  // Of post-sts-header-after this is all that is signed: there the token joins the request later.
  { names: 'post-vanilla, post-header-key-case, post-sts-header-after', ...POST,
    header: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    query: '2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b' },
  { names: 'post-sts-header-before', ...POST, token: LONG_TOKEN,
    header: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    query: '46c2e3c63c1dbe7d39f8ada16fe7f001c1f56c5791441565323677f96308871c' },
  { names: 'post-vanilla-query, post-vanilla-empty-query-value', ...POST, search: 'Param1=value1',
    header: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    query: 'a9ef26247f293bffe40eeff86a0480ba8c14d31503b2e0c3399e3a16bf1a3682' },
  { names: 'post-header-key-sort', ...POST, headers: [['My-Header1', 'value1']],
    header: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    query: 'c09d07e0d55871f10f2a6d350d994acf6825a3cae70673d7def55616e6119dd7' },
  { names: 'post-header-value-case', ...POST, headers: [['My-Header1', 'VALUE1']],
    header: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    query: '0698bc9e4f7f9139065ba2909c0e99da257e8e2a42492a097bcd46d792391fed' },
  { names: 'post-x-www-form-urlencoded (2015)', ...BODY, headers: [['Content-Type', FORM]],
    header: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a' },
  { names: 'post-x-www-form-urlencoded-parameters (2015)', ...BODY, headers: [['Content-Type', `${FORM}; charset=utf8`]],
    header: '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe' },
  { names: 'post-x-www-form-urlencoded', ...BODY, declaresBody: true,
    headers: [['Content-Type', FORM], ['Content-Length', '13']],
    header: 'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
    query: '89a40deed0f26f9461242825a082d2222717248abc7ab41f552ad84a94ad46e9' },
  { names: 'post-x-www-form-urlencoded-parameters', ...BODY, declaresBody: true,
    headers: [['Content-Type', `${FORM}; charset=utf-8`], ['Content-Length', '13']],
    header: '328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422',
    query: '0dbeb9b026c7b6675f266b8427efec9b4fa8b1f6ef1477d717aea231106eab4d' },
]

const CREDENTIAL = `${ACCESS_KEY_ID}/20150830/us-east-1/service/aws4_request`

/** @param bodySha256 of the vector's body */
export function withSignatureInHeader(vector: Vector, bodySha256: string): SignedRequest {
  const headers = unsignedHeaders(vector)
  headers.set('X-Amz-Date', AMZ_DATE)
  if (vector.token) headers.set('X-Amz-Security-Token', vector.token)
  if (vector.declaresBody) headers.set('X-Amz-Content-Sha256', bodySha256)
  const signedHeaders = [...headers.keys()].sort().join(';')
  headers.set(
    'Authorization',
    `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=${signedHeaders}, Signature=${vector.header}`,
  )
  return {
    method: vector.method ?? 'GET',
    rawPath: vector.path ?? '/',
    rawQuery: vector.search ?? '',
    headers,
  }
}

export function withSignatureInQuery(vector: Vector): SignedRequest {
  const headers = unsignedHeaders(vector)
  const parameters = [
    vector.search ?? '',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(CREDENTIAL)}`,
    `X-Amz-Date=${AMZ_DATE}`,
    `X-Amz-SignedHeaders=${encodeURIComponent([...headers.keys()].sort().join(';'))}`,
    'X-Amz-Expires=3600',
    vector.token ? `X-Amz-Security-Token=${encodeURIComponent(vector.token)}` : '',
    `X-Amz-Signature=${vector.query}`,
  ]
  const rawQuery = parameters.filter(Boolean).join('&')
  return { method: vector.method ?? 'GET', rawPath: vector.path ?? '/', rawQuery, headers }
}

function unsignedHeaders(vector: Vector): Headers {
  const headers = new Headers({ Host: 'example.amazonaws.com' })
  for (const [name, value] of vector.headers ?? []) headers.append(name, value)
  return headers
}
