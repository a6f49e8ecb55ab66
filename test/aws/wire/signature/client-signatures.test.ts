import { escapeUri } from '@smithy/core/protocols'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Claim,
  type Refusal,
  readClaim,
  S3_RULES,
  type SignedRequest,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'
import { type Draft, SECRET, type Signing, signRequest } from './sign-request.ts'

const text = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).filter(value => value.isWellFormed() && value !== '__proto__')

// What a path can hold on the wire: escaped text, characters that need no escape there, and what gets normalised.
const segment = fc.oneof(
  { weight: 4, arbitrary: text(8).map(escapeUri) },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(..."aZ9-._~!$&'()*+,;=:@"), maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '.', '..', '%2F', '%2e%2e', '%25') },
)
const pathOf = (segments: fc.Arbitrary<string>) =>
  fc.array(segments, { maxLength: 5 }).map(drawn => `/${drawn.join('/')}`)
// Clients of S3 sign the path as they send it, and they escape all that can be escaped.
const escapedPath = pathOf(fc.oneof(text(8).map(escapeUri), fc.constantFrom('', '.', '..', '%2F', '%25')))

const parameter = fc.oneof(fc.constantFrom('a', 'a-b', 'A', 'a b', 'a+b', 'x-amz-meta', ''), text(8))
const query = fc.dictionary(
  parameter.filter(name => !name.toLowerCase().startsWith('x-amz-')),
  fc.oneof(text(10), fc.constantFrom('1+1', '1 1', '%2B', '', '=', '&'), fc.array(text(5), { maxLength: 3 })),
  { maxKeys: 5, noNullPrototype: true },
)

// Headers that the client leaves unsigned or makes itself are not drawn.
const headerName = fc.oneof(
  fc.constantFrom('accept', 'content-type', 'x-amz-target', 'x-amz-meta-Color', 'X-Custom', 'date-of-birth'),
  fc
    .string({ unit: fc.constantFrom(..."abcxyzXYZ019!#$%&'*+.^_`|~-"), minLength: 1, maxLength: 10 })
    .filter(name => !/^(te|from|host|date|proxy-|sec-|x-amz-)/i.test(name)),
)
const headerValue = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'  \t,;="azAZ09/%é\u00ff'), maxLength: 16 }),
  fc.constantFrom('', 'a, b, c', '"a   b"', 'text/html;q=0.9, */*'),
)
const headers = fc
  .dictionary(headerName, headerValue, { maxKeys: 5, noNullPrototype: true })
  .filter(
    drawn => new Set(Object.keys(drawn).map(name => name.toLowerCase())).size === Object.keys(drawn).length,
  )

const draftOf = (path: fc.Arbitrary<string>): fc.Arbitrary<Draft> =>
  fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD'),
    path,
    query,
    headers,
    body: fc.uint8Array({ maxLength: 40 }).map(bytes => new Uint8Array(bytes)),
  })

const signing: fc.Arbitrary<Omit<Signing, 'uriEscapePath'>> = fc.record({
  form: fc.constantFrom<Signing['form'][]>('header', 'presigned'),
  accessKeyId: fc.string({ unit: fc.constantFrom(...'AKIDtest019'), minLength: 1, maxLength: 20 }),
  secretAccessKey: fc.oneof(fc.constant(SECRET), text(20)),
  sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 80 }), { nil: undefined }),
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1'),
  service: fc.constantFrom('lambda', 'execute-api', 'apigateway', 'sts'),
  signedAt: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map(Number),
  expiresIn: fc.integer({ min: 1, max: 604_800 }),
  applyChecksum: fc.boolean(),
})

const signed: fc.Arbitrary<[Draft, Signing]> = fc.oneof(
  fc.tuple(
    draftOf(pathOf(segment)),
    signing.map(how => ({ ...how, uriEscapePath: true })),
  ),
  fc.tuple(
    draftOf(escapedPath),
    signing.map(how => ({ ...how, uriEscapePath: false })),
  ),
)

const verify = (claim: Claim, request: SignedRequest, bodySha256: string, how: Signing, now = how.signedAt) =>
  verifyClaim(
    claim,
    request,
    bodySha256,
    async (id, token) => (id === how.accessKeyId && token === how.sessionToken ? how : undefined),
    now,
    how.uriEscapePath ? {} : { rules: { ...S3_RULES, presignedBodySigned: true } },
  )

describe('a request signed by the JavaScript SDK', () => {
  it('is accepted, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(signed, async ([drawn, how]) => {
        const { request, bodySha256 } = await signRequest(drawn, how)
        const claim = readClaim(request) as Claim
        expect(claim).toMatchObject({
          kind: how.form,
          accessKeyId: how.accessKeyId,
          region: how.region,
          service: how.service,
          sessionToken: how.sessionToken,
          expires: how.form === 'presigned' ? how.expiresIn : undefined,
        })
        expect(await verify(claim, request, bodySha256, how)).toEqual({ ok: true, identity: how })
      }),
      { numRuns: 500 },
    )
  })

  const alterations: Record<string, (request: SignedRequest) => SignedRequest> = {
    'another method': request => ({ ...request, method: `${request.method}X` }),
    'another path': request => ({ ...request, rawPath: `${request.rawPath.replace(/[/.]+$/, '')}/admin` }),
    'one more query parameter': request => ({ ...request, rawQuery: `${request.rawQuery}&admin=1` }),
    'one more query parameter, named like the signature': request => ({
      ...request,
      rawQuery: `${request.rawQuery}&%58-Amz-Signature=1`,
    }),
    'another host': request => {
      const headers = new Headers(request.headers)
      headers.set('host', 'elsewhere.example.com')
      return { ...request, headers }
    },
  }
  it.each(Object.keys(alterations))('is refused with %s', async name => {
    await fc.assert(
      fc.asyncProperty(signed, async ([drawn, how]) => {
        const { request, bodySha256 } = await signRequest(drawn, how)
        const altered = alterations[name]!(request)
        const claim = readClaim(altered) as Claim | Refusal
        const verdict = 'ok' in claim ? claim : await verify(claim, altered, bodySha256, how)
        expect(verdict.ok).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('is refused with another body', async () => {
    await fc.assert(
      fc.asyncProperty(signed, async ([drawn, how]) => {
        const { request } = await signRequest(drawn, how)
        const { bodySha256 } = await signRequest({ body: new Uint8Array(64) }, how)
        const verdict = await verify(readClaim(request) as Claim, request, bodySha256, how)
        expect(verdict).toMatchObject({ ok: false, code: 'InvalidSignatureException', status: 403 })
      }),
      { numRuns: 60 },
    )
  })
})
