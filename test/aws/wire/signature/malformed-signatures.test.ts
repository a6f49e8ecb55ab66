import { describe, expect, it } from 'vitest'
import { NOT_SIGNED, type Refusal } from '../../../../src/aws/wire/signature/refusals.ts'
import { readClaim } from '../../../../src/aws/wire/signature/verify.ts'
import { type Check, editAuthorization, editQuery, setHeader, verdictOn } from './alter-request.ts'
import { signRequest } from './sign-request.ts'

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
