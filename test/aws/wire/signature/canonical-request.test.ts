import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  canonicalPath,
  S3_RULES,
  STANDARD_RULES,
} from '../../../../src/aws/wire/signature/canonical-request.ts'
import {
  type Claim,
  readClaim,
  type SignedRequest,
  type VerifyOptions,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0)
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const SCOPE = '20261122/us-east-1/service/aws4_request'

/** Signs a canonical request that a test spells out, the way the documentation describes it. */
function signatureOf(lines: readonly string[]): string {
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = SCOPE.split('/').reduce<string | Buffer>(hmac, `AWS4${SECRET}`)
  return hmac(key, ['AWS4-HMAC-SHA256', '20261122T120000Z', SCOPE, digest].join('\n')).toString('hex')
}

interface Sent {
  readonly path?: string
  readonly query?: string
  readonly headers?: ReadonlyArray<readonly [string, string]>
  /** The list as the request carries it. */
  readonly signedHeaders?: string
  readonly date?: readonly [name: string, value: string]
  readonly separator?: string
}

const DATE = ['x-amz-date', '20261122T120000Z'] as const

function requestWith(sent: Sent, canonical: readonly string[]): SignedRequest {
  const headers = new Headers({ host: 'h' })
  for (const [name, value] of [...(sent.headers ?? []), sent.date ?? DATE]) headers.append(name, value)
  const parameters = [
    `Credential=AKIDEXAMPLE/${SCOPE}`,
    `SignedHeaders=${sent.signedHeaders ?? 'host;x-amz-date'}`,
    `Signature=${signatureOf(canonical)}`,
  ]
  headers.set('authorization', `AWS4-HMAC-SHA256 ${parameters.join(sent.separator ?? ', ')}`)
  return { method: 'GET', rawPath: sent.path ?? '/', rawQuery: sent.query ?? '', headers }
}

const verify = async (
  request: SignedRequest,
  options?: VerifyOptions,
  bodySha256: string | undefined = EMPTY,
) =>
  (
    await verifyClaim(
      readClaim(request) as Claim,
      request,
      bodySha256,
      async () => ({ secretAccessKey: SECRET }),
      NOW,
      options,
    )
  ).ok

const canonicalGet = (path: string, query: string, headers = ['host:h', 'x-amz-date:20261122T120000Z']) => {
  const names = headers.map(line => line.split(':')[0]).join(';')
  return ['GET', path, query, ...headers, '', names, EMPTY]
}

describe('a query string is signed', () => {
  it.each([
    ['a+b=c+d', 'a%20b=c%20d'],
    ['a%2Bb=c%2Bd', 'a%2Bb=c%2Bd'],
    ['a%20b=c%20d', 'a%20b=c%20d'],
    ['flag', 'flag='],
    ['flag=', 'flag='],
    ['a=b=c', 'a=b%3Dc'],
    ['&&a=1&', 'a=1'],
    ['=v', '=v'],
    ['b=2&a=2&a=1&a=10&a', 'a=&a=1&a=10&a=2&b=2'],
    ['a-=1&a=1&a%5B=1&aa=1', 'a=1&a%5B=1&a-=1&aa=1'],
    ['q=%7e%2f%e2%82%ac', 'q=~%2F%E2%82%AC'],
    ["q=!'()*", 'q=%21%27%28%29%2A'],
    ['q=%ff%', 'q=%FF%25'],
    ['q=100%&r=%zz', 'q=100%25&r=%25zz'],
    ['x-amz-signature=1', 'x-amz-signature=1'],
    ['X%2DAmz-Signature=1', 'X-Amz-Signature=1'],
  ])('%j as %j', async (query, canonical) => {
    expect(await verify(requestWith({ query }, canonicalGet('/', canonical)))).toBe(true)
  })

  it('with a plus that is not a space only when it is escaped', async () => {
    expect(await verify(requestWith({ query: 'q=1+1' }, canonicalGet('/', 'q=1%2B1')))).toBe(false)
  })
})

describe('a path is signed', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['/a%20b', '/a%2520b'],
    ['/a%2Fb', '/a%252Fb'],
    ['/../a', '/a'],
    ['/a/b/../../../c/', '/c/'],
    ['/a/.', '/a'],
    ['/a//./b//', '/a/b/'],
    ['/%2e%2e/a', '/%252e%252e/a'],
    ["/a!'()*", '/a%21%27%28%29%2A'],
  ])('%j as %j', async (path, canonical) => {
    expect(await verify(requestWith({ path }, canonicalGet(canonical, '')))).toBe(true)
    expect(canonicalPath(path, STANDARD_RULES)).toBe(canonical)
  })

  it.each([
    ['', '/'],
    ['/photos//2026/./a%20b', '/photos//2026/./a%20b'],
    ['/a/../b', '/a/../b'],
    ['/a b+c', '/a%20b%2Bc'],
    ['/a%2fb%7E', '/a%2Fb~'],
  ])('%j as %j by S3', async (path, canonical) => {
    const request = requestWith({ path }, canonicalGet(canonical, ''))
    expect(await verify(request, { rules: S3_RULES })).toBe(true)
  })
})

describe('headers are signed', () => {
  const date = 'x-amz-date:20261122T120000Z'
  const signedHeaders = 'a;b;host;x-amz-date'

  it('one way or the other where lines were joined, each header for itself', async () => {
    const headers = [
      ['a', '1'],
      ['a', '2'],
      ['b', '1, 2'],
    ] as const
    const canonical = canonicalGet('/', '', ['a:1,2', 'b:1, 2', 'host:h', date])
    expect(await verify(requestWith({ headers, signedHeaders }, canonical))).toBe(true)
  })

  it('all one way where there are many of them', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const list = [...names, 'host', 'x-amz-date'].join(';')
    const headers = names.flatMap(name => [[name, '1'] as const, [name, '2'] as const])
    const canonical = (value: string) =>
      canonicalGet('/', '', [...names.map(name => `${name}:${value}`), 'host:h', date])
    expect(await verify(requestWith({ headers, signedHeaders: list }, canonical('1,2')))).toBe(true)
    expect(await verify(requestWith({ headers, signedHeaders: list }, canonical('1, 2')))).toBe(true)
    expect(await verify(requestWith({ headers, signedHeaders: list }, canonical('2,1')))).toBe(false)
  })

  it('with blanks between quotes collapsed too, and empty ones as nothing', async () => {
    const headers = [
      ['a', ' "x  \t y" '],
      ['b', ''],
    ] as const
    const canonical = canonicalGet('/', '', ['a:"x y"', 'b:', 'host:h', date])
    expect(await verify(requestWith({ headers, signedHeaders }, canonical))).toBe(true)
  })

  it('in order, however the request lists them', async () => {
    const headers = [
      ['a', '1'],
      ['b', '2'],
    ] as const
    const canonical = canonicalGet('/', '', ['a:1', 'b:2', 'host:h', date])
    const request = requestWith({ headers, signedHeaders: 'X-Amz-Date;b;Host;A', separator: ',' }, canonical)
    expect(await verify(request)).toBe(true)
  })

  it.each(['Sun, 22 Nov 2026 12:00:00 GMT', '20261122T120000Z'])(
    'without x-amz-date when there is a Date of %j',
    async value => {
      const canonical = canonicalGet('/', '', [`date:${value}`, 'host:h'])
      const request = requestWith({ date: ['date', value], signedHeaders: 'date;host' }, canonical)
      expect((readClaim(request) as Claim).amzDate).toBe('20261122T120000Z')
      expect(await verify(request)).toBe(true)
    },
  )
})

describe('a presigned request that declares no body', () => {
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F${SCOPE.replaceAll('/', '%2F')}&X-Amz-Date=20261122T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host`
  const presigned = (payload: string): SignedRequest => ({
    method: 'GET',
    rawPath: '/key',
    rawQuery: `X-Amz-Signature=${signatureOf(['GET', '/key', query, 'host:h', '', 'host', payload])}&${query}`,
    headers: new Headers({ host: 'h' }),
  })

  it('is signed over the body', async () => {
    expect(await verify(presigned(EMPTY))).toBe(true)
    expect(await verify(presigned('UNSIGNED-PAYLOAD'))).toBe(false)
  })

  it('is signed without the body by S3, which then need not be hashed', async () => {
    const request = presigned('UNSIGNED-PAYLOAD')
    const lookUp = async () => ({ secretAccessKey: SECRET })
    const claim = readClaim(request) as Claim
    const verdict = await verifyClaim(claim, request, undefined, lookUp, NOW, { rules: S3_RULES })
    expect(verdict.ok).toBe(true)
  })
})
