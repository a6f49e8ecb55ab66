import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClaim, type SignedRequest, verifyClaim } from '../../../../src/aws/wire/signature/verify.ts'
import { knownKey } from './alter-request.ts'
import { NOW, SECRET, signRequest } from './sign-request.ts'

describe('any text at all', () => {
  // Every character that a header can carry, and the words that lead the reader further in.
  const noise = fc.string({
    unit: fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .integer({ min: 0x20, max: 0xff })
          .filter(code => code !== 0x7f)
          .map(code => String.fromCharCode(code)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'AWS4-HMAC-SHA256 ',
          'Credential=',
          'SignedHeaders=',
          'Signature=',
          'aws4_request',
          ';',
          ',',
          '/',
          '=',
          '%',
          'host',
        ),
      },
    ),
    maxLength: 30,
  })
  const spliced = fc.tuple(fc.nat(), fc.nat({ max: 40 }), noise)
  const splice = (text: string, [at, length, by]: [number, number, string]) => {
    const start = at % (text.length + 1)
    return text.slice(0, start) + by + text.slice(start + length)
  }

  it('in a header is accepted only if it changes nothing, and never throws', async () => {
    const { request, bodySha256 } = await signRequest()
    const names = [...request.headers.keys()].concat('date', 'x-amz-security-token')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), spliced, async (name, edit) => {
        const headers = new Headers(request.headers)
        headers.set(name, splice(headers.get(name) ?? '', edit))
        const altered = { ...request, headers }
        const claim = readClaim(altered)
        if (!claim || 'ok' in claim) return
        const verdict = await verifyClaim(
          claim,
          altered,
          bodySha256,
          async () => ({ secretAccessKey: SECRET }),
          NOW,
        )
        if (!verdict.ok) return
        // What may differ: blanks, the order of what is listed, and what nobody signed.
        if (claim.signedHeaders.includes(name)) {
          const plain = (value: string | null) => value?.replace(/[ \t]+/g, ' ').trim()
          expect(plain(headers.get(name))).toBe(plain(request.headers.get(name)))
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('in the path or query string is accepted only if it spells the same, and never throws', async () => {
    for (const form of ['header', 'presigned'] as const) {
      const { request, bodySha256 } = await signRequest({}, { form })
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('rawPath', 'rawQuery'), spliced, async (part, edit) => {
          const altered = { ...request, [part]: splice(request[part], edit) }
          const claim = readClaim(altered)
          if (!claim || 'ok' in claim) return
          const verdict = await verifyClaim(claim, altered, bodySha256, knownKey, NOW)
          if (!verdict.ok) return
          const facts = ({ rawPath, rawQuery }: SignedRequest) => ({
            // A path begins with a slash, whether it is written or not.
            path: `/${rawPath}`.replace(/\/(\.?\/)*/g, '/'),
            query: [...new URLSearchParams(rawQuery)].map(pair => pair.join('=')).sort(),
          })
          expect(facts(altered)).toEqual(facts(request))
        }),
        { numRuns: 1000 },
      )
    }
  })

  it('in every place at once does not throw', () => {
    fc.assert(
      fc.property(noise, noise, noise, noise, noise, (authorization, date, path, query, token) => {
        const headers = new Headers({
          authorization: `AWS4-HMAC-SHA256 ${authorization}`,
          'x-amz-date': date,
          'x-amz-security-token': token,
        })
        const claim = readClaim({
          method: 'GET',
          rawPath: path,
          rawQuery: `${query}&X-Amz-Algorithm`,
          headers,
        })
        expect(claim).toMatchObject({ ok: false })
      }),
    )
  })
})
