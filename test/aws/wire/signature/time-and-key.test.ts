import { describe, expect, it } from 'vitest'
import type { LookUp, Secret, SignedRequest } from '../../../../src/aws/wire/signature/verify.ts'
import { editQuery, setHeader, verdictOn } from './alter-request.ts'
import { NOW, type Signing } from './sign-request.ts'

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
