import { describe, expect, it } from 'vitest'
import { STANDARD_RULES } from '../../../../src/aws/wire/signature/canonical-request.ts'
import {
  type Claim,
  type LookUp,
  readClaim,
  type Secret,
  type SignedRequest,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'
import { sha256Hex } from '../../../../src/lib/hash.ts'
import {
  ACCESS_KEY_ID,
  LONG_TOKEN,
  SECRET_ACCESS_KEY,
  SIGNED_AT,
  VECTORS,
  type Vector,
  withSignatureInHeader,
  withSignatureInQuery,
} from './published-vectors.ts'

const lookUpFor =
  (vector: Vector): LookUp<Secret> =>
  async (accessKeyId, sessionToken) =>
    accessKeyId === ACCESS_KEY_ID && sessionToken === vector.token
      ? { secretAccessKey: SECRET_ACCESS_KEY }
      : undefined

async function verify(vector: Vector, request: SignedRequest) {
  const claim = readClaim(request)
  expect(claim).toMatchObject({ accessKeyId: ACCESS_KEY_ID, region: 'us-east-1', service: 'service' })
  const rules = { ...STANDARD_RULES, normalizePath: !vector.unnormalized }
  const bodySha256 = await sha256Hex(vector.body ?? '')
  return verifyClaim(claim as Claim, request, bodySha256, lookUpFor(vector), SIGNED_AT, { rules })
}

describe("AWS's published signatures", () => {
  it.each(VECTORS)('accepts $names in the Authorization header', async vector => {
    const request = withSignatureInHeader(vector, await sha256Hex(vector.body ?? ''))
    expect(await verify(vector, request)).toMatchObject({ ok: true })
  })

  it.each(VECTORS.filter(vector => vector.query))('accepts $names in the query string', async vector => {
    expect(await verify(vector, withSignatureInQuery(vector))).toMatchObject({ ok: true })
  })

  it.each(VECTORS)('refuses $names under another method', async vector => {
    const request = withSignatureInHeader(vector, await sha256Hex(vector.body ?? ''))
    expect(await verify(vector, { ...request, method: 'DELETE' })).toMatchObject({
      reason: 'signature-mismatch',
    })
  })

  it('takes a session token that joined the request after signing for a header left unsigned', async () => {
    const vector = VECTORS.find(({ names }) => names.includes('post-sts-header-after'))!
    const request = withSignatureInHeader(vector, await sha256Hex(''))
    request.headers.set('X-Amz-Security-Token', LONG_TOKEN)
    expect(readClaim(request)).toMatchObject({ ok: false, reason: 'header-not-signed' })
  })
})
