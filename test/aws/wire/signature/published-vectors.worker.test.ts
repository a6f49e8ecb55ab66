import { expect, it } from 'vitest'
import { STANDARD_RULES } from '../../../../src/aws/wire/signature/canonical-request.ts'
import { type Claim, readClaim, verifyClaim } from '../../../../src/aws/wire/signature/verify.ts'
import { sha256Hex } from '../../../../src/lib/hash.ts'
import {
  SECRET_ACCESS_KEY,
  SIGNED_AT,
  VECTORS,
  withSignatureInHeader,
  withSignatureInQuery,
} from './published-vectors.ts'

it("accepts AWS's published signatures with workerd's own Headers and Web Crypto", async () => {
  for (const vector of VECTORS) {
    const bodySha256 = await sha256Hex(vector.body ?? '')
    const forms = [withSignatureInHeader(vector, bodySha256)]
    if (vector.query) forms.push(withSignatureInQuery(vector))
    for (const request of forms) {
      const rules = { ...STANDARD_RULES, normalizePath: !vector.unnormalized }
      const lookUp = async () => ({ secretAccessKey: SECRET_ACCESS_KEY })
      const claim = readClaim(request) as Claim
      const verdict = await verifyClaim(claim, request, bodySha256, lookUp, SIGNED_AT, { rules })
      expect(verdict, vector.names).toMatchObject({ ok: true })
      const altered = await verifyClaim(
        claim,
        { ...request, method: 'PATCH' },
        bodySha256,
        lookUp,
        SIGNED_AT,
        {
          rules,
        },
      )
      expect(altered, vector.names).toMatchObject({ reason: 'signature-mismatch' })
    }
  }
})
