import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOT_SIGNED, type Refusal } from '../../../../src/aws/wire/signature/refusals.ts'
import {
  type Claim,
  type LookUp,
  readClaim,
  type Secret,
  type SignedRequest,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'
import { type Draft, NOW, SECRET, SIGNING, type Signing, signRequest } from './sign-request.ts'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

const knownKey: LookUp<Secret> = async (accessKeyId, sessionToken) =>
  accessKeyId === SIGNING.accessKeyId && sessionToken === undefined ? { secretAccessKey: SECRET } : undefined

interface Check extends Partial<Signing> {
  readonly draft?: Partial<Draft>
  readonly alter?: (request: SignedRequest) => SignedRequest | undefined
  readonly lookUp?: LookUp<Secret>
  readonly now?: number
  readonly bodySha256?: string
}

/** Signs, alters what arrives, and answers what a server would: the refusal or the acceptance. */
async function verdictOn({ draft, alter, lookUp = knownKey, now = NOW, bodySha256, ...signing }: Check) {
  const signed = await signRequest(draft, signing)
  const request = alter?.(signed.request) ?? signed.request
  const claim = readClaim(request)
  if (!claim) return NOT_SIGNED
  if ('ok' in claim) return claim
  return verifyClaim(claim, request, bodySha256 ?? signed.bodySha256, lookUp, now)
}

const setHeader = (name: string, value: string | undefined) => (request: SignedRequest) => {
  if (value === undefined) request.headers.delete(name)
  else request.headers.set(name, value)
  return undefined
}

const editAuthorization = (edit: (authorization: string) => string) => (request: SignedRequest) => {
  request.headers.set('authorization', edit(request.headers.get('authorization')!))
  return undefined
}

const editQuery = (edit: (query: string) => string) => (request: SignedRequest) => ({
  ...request,
  rawQuery: edit(request.rawQuery),
})

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

describe('the time of a signature', () => {
  const minutes = (count: number) => count * 60_000

  it.each([-minutes(5), 0, minutes(5) + 999])('may be up to five minutes off: %d ms', async offset => {
    expect(await verdictOn({ now: NOW + offset })).toMatchObject({ ok: true })
  })

  it('is refused in AWS words when it is long ago', async () => {
    expect(await verdictOn({ now: NOW + minutes(5) + 1000 })).toEqual({
      ok: false,
      reason: 'outside-clock-skew',
      code: 'InvalidSignatureException',
      queryCode: 'SignatureDoesNotMatch',
      status: 403,
      message:
        'Signature expired: 20261122T235930Z is now earlier than 20261122T235931Z (20261123T000431Z - 5 min.)',
    })
  })

  it.each<Signing['form']>(['header', 'presigned'])('is refused when it is yet to come (%s)', async form => {
    expect(await verdictOn({ form, now: NOW - minutes(5) - 1 })).toMatchObject({
      reason: 'outside-clock-skew',
      message:
        'Signature not yet current: 20261122T235930Z is still later than 20261122T235929Z (20261122T235429Z + 5 min.)',
    })
  })

  it('is not looked up for a key when it is wrong anyway', async () => {
    const lookUp: LookUp<Secret> = () => Promise.reject(new Error('looked up'))
    expect(await verdictOn({ lookUp, now: NOW + minutes(6) })).toMatchObject({ reason: 'outside-clock-skew' })
  })

  it('lasts as long as a presigned request says', async () => {
    const form = 'presigned'
    expect(await verdictOn({ form, expiresIn: 604_800, now: NOW + 604_800_000 })).toMatchObject({ ok: true })
    expect(await verdictOn({ form, expiresIn: 1, now: NOW + 1999 })).toMatchObject({ ok: true })
    expect(await verdictOn({ form, expiresIn: 1, now: NOW + 2000 })).toMatchObject({
      reason: 'presigned-expired',
      code: 'RequestExpired',
      queryCode: 'RequestExpired',
      message: 'Request has expired.',
      status: 400,
    })
  })

  it('is that of any other request when a presigned one does not say', async () => {
    const alter = editQuery(query => query.replace('X-Amz-Expires=900&', ''))
    expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({ reason: 'signature-mismatch' })
    expect(await verdictOn({ form: 'presigned', alter, now: NOW + minutes(6) })).toMatchObject({
      reason: 'outside-clock-skew',
    })
  })

  it.each([
    ['0', 'X-Amz-Expires must be positive'],
    ['-1', 'X-Amz-Expires must be positive'],
    ['1.5', 'X-Amz-Expires should be a number'],
    ['', 'X-Amz-Expires should be a number'],
    ['1e3', 'X-Amz-Expires should be a number'],
    ['9'.repeat(400), 'X-Amz-Expires should be a number'],
    ['604801', 'X-Amz-Expires must be less than a week'],
  ])('does not last for %j seconds', async (expires, message) => {
    const alter = editQuery(query => query.replace('Expires=900', `Expires=${expires}`))
    expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({
      code: 'IncompleteSignatureException',
      message: expect.stringContaining(message),
    })
  })

  it.each(['Sun, 22 Nov 2026 23:59:30 +0200', 'Sunday', '1795391970'])(
    'is not read from the Date header %j',
    async date => {
      const alter = (request: SignedRequest) => {
        request.headers.set('date', date)
        request.headers.delete('x-amz-date')
        return undefined
      }
      expect(await verdictOn({ alter })).toMatchObject({
        message: `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
      })
    },
  )

  it.each(['20260231T000000Z', '20261122T246060Z', '2026-11-22T23:59:30Z', '20261122', '1795391970', 'Z'])(
    'is not %j',
    async date => {
      expect(await verdictOn({ alter: setHeader('x-amz-date', date) })).toMatchObject({
        code: 'IncompleteSignatureException',
        message: `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
      })
    },
  )
})

describe('a key', () => {
  const unknown = {
    code: 'UnrecognizedClientException',
    queryCode: 'InvalidClientTokenId',
    message: 'The security token included in the request is invalid.',
    status: 403,
  }

  it('is refused when nobody has it', async () => {
    expect(await verdictOn({ accessKeyId: 'AKIDNOBODY' })).toMatchObject(unknown)
  })

  it('is refused with a session token that is not its own', async () => {
    expect(await verdictOn({ sessionToken: 'of-somebody-else' })).toMatchObject(unknown)
  })

  it('is refused with a session token of the past', async () => {
    expect(await verdictOn({ lookUp: async () => 'expired' })).toMatchObject({
      code: 'ExpiredTokenException',
      queryCode: 'ExpiredToken',
      status: 403,
    })
  })

  it('is refused with another secret, also when the right one was just used', async () => {
    expect(await verdictOn({})).toMatchObject({ ok: true })
    expect(await verdictOn({ secretAccessKey: 'guess' })).toMatchObject({ reason: 'signature-mismatch' })
    expect(await verdictOn({ lookUp: async () => ({ secretAccessKey: 'rotated' }) })).toMatchObject({
      reason: 'signature-mismatch',
    })
  })
})

describe('the scope', () => {
  it.each([
    [
      /20261122\/eu/,
      '20261121/eu',
      'invalid-scope',
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261121' != '20261122', from '20261122T235930Z'.",
    ],
    [
      'aws4_request',
      'aws5_request',
      'invalid-scope',
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
    ],
    ['eu-central-1', '', 'invalid-scope', "Credential should be scoped to a valid region, not ''. "],
    ['eu-central-1', '../x', 'incomplete', 'Credential must have exactly 5 slash-delimited elements'],
    [
      'eu-central-1',
      'eu central',
      'invalid-scope',
      "Credential should be scoped to a valid region, not 'eu central'. ",
    ],
    ['/lambda/', '//', 'invalid-scope', "Credential should be scoped to correct service, not ''. "],
    ['AKIDEXAMPLE', '', 'incomplete', 'Credential must have exactly 5 slash-delimited elements'],
    [
      '/aws4_request',
      '',
      'incomplete',
      "e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20261122/eu-central-1/lambda'",
    ],
    ['AKIDEXAMPLE', 'AKID/EXAMPLE', 'incomplete', 'Credential must have exactly 5 slash-delimited elements'],
  ])('with %s replaced by %j is refused', async (part, by, reason, message) => {
    expect(await verdictOn({ alter: editAuthorization(text => text.replace(part, by)) })).toMatchObject({
      reason,
      message: expect.stringContaining(message),
    })
  })
})

describe('a malformed signature', () => {
  const requires = (name: string) => `Authorization header requires '${name}' parameter. `
  const all = `${requires('Credential')}${requires('Signature')}${requires('SignedHeaders')}`

  it.each([
    ['AWS4-HMAC-SHA256', `${all}Authorization=AWS4-HMAC-SHA256`],
    ['AWS4-HMAC-SHA256 ', `${all}Authorization=AWS4-HMAC-SHA256`],
    ['AWS4-HMAC-SHA256 Credential=', `${all}Authorization=AWS4-HMAC-SHA256`],
    ['AWS4-HMAC-SHA256 Credential=a/b/c/d/e', `${requires('Signature')}${requires('SignedHeaders')}`],
    ['AWS4-HMAC-SHA256 Credential', "'Credential' not a valid key=value pair (missing equal-sign)"],
    ['AWS4-HMAC-SHA256 Signature=a, Signature=b', "more than one 'Signature' parameter"],
    ['AWS AKIDEXAMPLE:qaNdqGsI6bq4Hi+9Gzovwyjbh0E=', `${all}Authorization=AWS`],
    ['Bearer secret-token', `${all}Authorization=Bearer`],
    ['secret-token', `${all}Authorization=`],
  ])('%j is incomplete', async (authorization, message) => {
    const refusal = (await verdictOn({ alter: setHeader('authorization', authorization) })) as Refusal
    expect(refusal).toMatchObject({
      code: 'IncompleteSignatureException',
      queryCode: 'IncompleteSignature',
      status: 400,
      message: expect.stringContaining(message),
    })
    expect(refusal.message).not.toContain('secret-token')
  })

  it('without a date says so', async () => {
    const verdict = await verdictOn({ alter: setHeader('x-amz-date', undefined) })
    expect(verdict).toMatchObject({
      message:
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    })
  })

  it.each(['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'])(
    'without %s in the query string says so',
    async name => {
      const alter = editQuery(query => query.replace(new RegExp(`${name}=[^&]*&?`), ''))
      expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({
        code: 'IncompleteSignatureException',
        message: `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`,
      })
    },
  )

  it.each(['X-Amz-Date=20261122T235930Z', 'X%2DAmz-Signature=0', 'X-Amz-Expires=604800', 'X-Amz-Credential'])(
    'with a second %s is not read at all',
    async parameter => {
      const alter = editQuery(query => `${parameter}&${query}`)
      expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({ reason: 'incomplete' })
    },
  )

  it('is refused when there are two', async () => {
    const { request } = await signRequest({}, { form: 'presigned' })
    const alter = editQuery(() => request.rawQuery)
    expect(await verdictOn({ alter })).toMatchObject({
      reason: 'incomplete',
      message: expect.stringContaining('Only one authentication mechanism'),
    })
  })

  it('leaves the Authorization header of a presigned request to whom it is for', async () => {
    const alter = setHeader('authorization', 'Bearer of-the-application')
    expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({ ok: true })
  })

  it.each([
    ['AWS4-ECDSA-P256-SHA256', "'AWS4-ECDSA-P256-SHA256' (Signature Version 4A) is not supported."],
    ['AWS4-HMAC-SHA512', "'AWS4-HMAC-SHA512' is not supported."],
  ])('of %s is refused clearly', async (algorithm, message) => {
    const replace = (text: string) => text.replace('AWS4-HMAC-SHA256', algorithm)
    for (const check of [
      { alter: editAuthorization(replace) },
      { form: 'presigned', alter: editQuery(replace) },
    ] satisfies Check[]) {
      expect(await verdictOn(check)).toMatchObject({
        reason: 'unsupported-algorithm',
        message: `${message} Sign with 'AWS4-HMAC-SHA256'.`,
      })
    }
  })

  it('is something else than none', async () => {
    const unsigned = { method: 'GET', rawPath: '/', rawQuery: 'X-Amz-Date=1', headers: new Headers() }
    expect(readClaim(unsigned)).toBeUndefined()
    expect(readClaim({ ...unsigned, headers: new Headers({ authorization: '' }) })).toBeUndefined()
    expect(NOT_SIGNED).toMatchObject({
      code: 'MissingAuthenticationTokenException',
      queryCode: 'MissingAuthenticationToken',
      message: 'Missing Authentication Token',
      status: 403,
    })
  })

  it('carries nothing into a message that XML could not hold', async () => {
    const alter = editQuery(query => query.replace(/Credential=[^&]*/, 'Credential=%00%1B%C3%A9<x>'))
    expect(await verdictOn({ form: 'presigned', alter })).toMatchObject({
      message: expect.stringMatching(/got '\?\?\?<x>'$/),
    })
  })
})

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
            path: rawPath.replace(/\/(\.?\/)*/g, '/'),
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
