import { describe, expect, it } from 'vitest'
import {
  type Claim,
  readClaim,
  type SignedRequest,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'
import { type Check, editAuthorization, editQuery, knownKey, setHeader, verdictOn } from './alter-request.ts'
import { type Draft, NOW, type Signing, signRequest } from './sign-request.ts'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

describe('a signed request that changed on its way', () => {
  const mismatch = {
    ok: false,
    reason: 'signature-mismatch',
    code: 'InvalidSignatureException',
    queryCode: 'SignatureDoesNotMatch',
    message: MISMATCH,
    status: 403,
  }

  it.each<[string, Check]>([
    ['method', { alter: request => ({ ...request, method: 'DELETE' }) }],
    ['path', { alter: request => ({ ...request, rawPath: '/2015-03-31/functions/orders/invocations' }) }],
    ['query value', { alter: editQuery(query => query.replace('prod', 'dev')) }],
    ['query parameter removed', { alter: editQuery(() => '') }],
    ['signed header', { alter: setHeader('x-color', 'red') }],
    ['target', { alter: setHeader('x-amz-target', 'Prices.Delete') }],
    ['host', { alter: setHeader('host', 'prices.example.com') }],
    ['date within the allowed skew', { alter: setHeader('x-amz-date', '20261122T235931Z') }],
    ['region', { alter: editAuthorization(text => text.replace('eu-central-1', 'us-east-1')) }],
    ['service', { alter: editAuthorization(text => text.replace('/lambda/', '/s3/')) }],
    ['body that was not declared', { applyChecksum: false, bodySha256: 'a'.repeat(64) }],
    [
      'presigned expiry',
      { form: 'presigned', alter: editQuery(q => q.replace('Expires=900', 'Expires=901')) },
    ],
    ['presigned parameter more', { form: 'presigned', alter: editQuery(query => `${query}&admin`) }],
    [
      'signature in upper case',
      { alter: editAuthorization(text => text.replace(/\w+$/, s => s.toUpperCase())) },
    ],
    ['signature cut short', { alter: editAuthorization(text => text.slice(0, -1)) }],
    ['signature of zeros', { alter: editAuthorization(text => text.replace(/\w{64}$/, '0'.repeat(64))) }],
  ])('is refused: %s', async (_, check) => {
    expect(await verdictOn(check)).toEqual(mismatch)
  })

  it('is refused when its body is not the one it declares', async () => {
    expect(await verdictOn({ bodySha256: 'a'.repeat(64) })).toMatchObject({
      code: 'InvalidSignatureException',
      queryCode: 'SignatureDoesNotMatch',
      message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
    })
  })

  it('is refused when its unsigned body is declared signed afterwards', async () => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    const { bodySha256 } = await signRequest()
    const alter = setHeader('x-amz-content-sha256', bodySha256)
    expect(await verdictOn({ draft: { headers }, alter })).toMatchObject({ reason: 'signature-mismatch' })
  })
})

describe('an unsigned body', () => {
  it.each<Signing['form']>(['header', 'presigned'])(
    'is not looked at when the %s form says so',
    async form => {
      const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
      const { request } = await signRequest({ headers }, { form })
      const claim = readClaim(request) as Claim
      expect(claim.contentSha256).toBe('UNSIGNED-PAYLOAD')
      expect(await verifyClaim(claim, request, undefined, knownKey, NOW)).toMatchObject({ ok: true })
    },
  )

  it('is a mistake of the caller when the signature covers it', async () => {
    const { request } = await signRequest()
    await expect(verifyClaim(readClaim(request) as Claim, request, undefined, knownKey, NOW)).rejects.toThrow(
      'hash of the body',
    )
  })

  it.each(['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'deadbeef', ''])(
    'is not declared as %j',
    async value => {
      expect(await verdictOn({ draft: { headers: { 'x-amz-content-sha256': value } } })).toMatchObject({
        reason: 'unsupported-payload',
        status: 400,
      })
    },
  )
})

describe('headers that must be signed', () => {
  const withoutSigned = (name: string) =>
    editAuthorization(text => text.replace(new RegExp(`(SignedHeaders=|;)${name};?`), '$1'))

  it('include the host', async () => {
    expect(await verdictOn({ alter: withoutSigned('host') })).toMatchObject({
      code: 'InvalidSignatureException',
      queryCode: 'SignatureDoesNotMatch',
      message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    })
  })

  it('include the target', async () => {
    expect(await verdictOn({ alter: withoutSigned('x-amz-target') })).toMatchObject({
      code: 'InvalidSignatureException',
      message: "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    })
  })

  // The signer itself leaves them out here, so the signature as such is right.
  it.each<[string, Signing['form'], Draft['headers']]>([
    ['a target', 'header', { 'X-Amz-Target': 'Prices.Delete' }],
    ['a session token', 'header', { 'X-Amz-Security-Token': 'stolen' }],
    ['a target of a presigned request', 'presigned', { 'X-Amz-Target': 'Prices.Delete' }],
  ])('include %s that was added after signing', async (_, form, added) => {
    const alter = (request: SignedRequest) => {
      for (const [name, value] of Object.entries(added)) request.headers.set(name, value)
      return undefined
    }
    expect(await verdictOn({ draft: { headers: {} }, form, alter })).toMatchObject({
      reason: 'header-not-signed',
    })
  })

  it('do not include others, which may change on the way', async () => {
    const alter = (request: SignedRequest) => {
      request.headers.set('user-agent', 'proxy/1.0')
      request.headers.set('x-amzn-trace-id', 'Root=1-0')
      request.headers.set('x-forwarded-for', '192.0.2.1')
      return undefined
    }
    expect(await verdictOn({ alter })).toMatchObject({ ok: true })
  })

  it('are all there', async () => {
    expect(await verdictOn({ alter: setHeader('x-color', undefined) })).toMatchObject({
      code: 'IncompleteSignatureException',
      message: "'x-color' is named as a SignedHeader, but it does not exist in the HTTP request.",
    })
  })
})
