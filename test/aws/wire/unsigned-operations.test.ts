import * as cognito from '@aws-sdk/client-cognito-identity-provider'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { beforeEach, describe, expect, it } from 'vitest'
import { awsEndpoint } from '../../../src/aws/wire/endpoint.ts'
import { ANONYMOUS, type Call, type Handler, service } from '../../../src/aws/wire/service.ts'
import { provideDigestStream } from './digest-stream.ts'
import { codes, factsOf } from './service-facts.ts'

provideDigestStream()

const NOW = Date.UTC(2026, 10, 22, 12)
const KEY = { accessKeyId: 'AKIDUNSIGNED', secretAccessKey: 'secret' }
const POOLS = ['InitiateAuth', 'DescribeUserPool']
const TOKENS = ['AssumeRoleWithWebIdentity', 'GetCallerIdentity']

let called: Call<null>[] = []
beforeEach(() => {
  called = []
})
const note: Handler<null> = async (_, call) => {
  called.push(call)
  return {}
}
const all = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, note]))

const endpoint = awsEndpoint<null>({
  services: [
    service({
      signingName: 'iam',
      schemas: iam as never,
      facts: factsOf('query', 'iam', ['GetUser']),
      handlers: all(['GetUser']),
      codes,
    }),
    service({
      signingName: 'cognito-idp',
      schemas: cognito as never,
      facts: factsOf('json', 'cognito-idp', POOLS, { targetPrefix: 'Pools', jsonVersion: '1.1' }),
      handlers: all(POOLS),
      codes,
      unsigned: new Set(['InitiateAuth']),
    }),
    service({
      signingName: 'sts',
      schemas: sts as never,
      facts: factsOf('query', 'sts', TOKENS),
      handlers: all(TOKENS),
      codes,
      unsigned: new Set(['AssumeRoleWithWebIdentity']),
    }),
  ],
  lookUp: async id =>
    id === KEY.accessKeyId
      ? { ...KEY, account: '000000000000', arn: 'arn:aws:iam::000000000000:root' }
      : undefined,
  // Nobody may do anything that a signature is asked for.
  authorize: async () => {
    throw new Error('asked')
  },
  clock: () => NOW,
})

const JSON_1_1 = 'application/x-amz-json-1.1'
const FORM = 'application/x-www-form-urlencoded'

const post = (headers: Record<string, string>, body: string) =>
  endpoint(new Request('http://localhost:8787/', { method: 'POST', headers, body }), null)

const target = (operation: string, prefix = 'Pools') => ({
  'content-type': JSON_1_1,
  'x-amz-target': `${prefix}.${operation}`,
})

describe('operations that take no signature', () => {
  it('are told by their target, and called as nobody', async () => {
    const response = await post(target('InitiateAuth'), '{}')
    expect(response.status).toBe(200)
    expect(called).toMatchObject([
      { operation: 'InitiateAuth', account: '', region: '', sourceIp: '127.0.0.1' },
    ])
    expect(called[0]!.identity).toBe(ANONYMOUS)
  })

  it('are told by the action in the body', async () => {
    const response = await post(
      { 'content-type': FORM },
      'Action=AssumeRoleWithWebIdentity&Version=2011-06-15',
    )
    expect(response.status).toBe(200)
    expect(called).toMatchObject([{ operation: 'AssumeRoleWithWebIdentity', account: '' }])
  })

  it('are called as nobody also when somebody signed them, whether rightly or not', async () => {
    for (const secretAccessKey of [KEY.secretAccessKey, 'another']) {
      const response = await signed({ ...KEY, secretAccessKey }, 'cognito-idp', target('InitiateAuth'), '{}')
      expect(response.status).toBe(200)
    }
    expect(called.map(({ identity }) => identity)).toEqual([ANONYMOUS, ANONYMOUS])
  })

  it('are the only ones of their service', async () => {
    expect(await codeOf(post(target('DescribeUserPool'), '{}'))).toBe(
      'MissingAuthenticationTokenException 403',
    )
    const query = await post({ 'content-type': FORM }, 'Action=GetCallerIdentity&Version=2011-06-15')
    expect(query.status).toBe(403)
    expect(await query.text()).toContain('<Code>MissingAuthenticationToken</Code>')
    expect(called).toEqual([])
  })

  it('are not found under the target of another service, and open no other service', async () => {
    expect(await codeOf(post(target('InitiateAuth', 'Others'), '{}'))).toBe(
      'MissingAuthenticationTokenException 403',
    )
    const form = await post({ 'content-type': FORM }, 'Action=GetUser&Version=2010-05-08')
    expect(form.status).toBe(403)
    expect(called).toEqual([])
  })

  it('read less of a stranger’s body than of a caller’s', async () => {
    const large = JSON.stringify({ ClientId: 'x'.repeat(200 * 1024) })
    expect(await codeOf(post(target('InitiateAuth'), large))).toBe('RequestEntityTooLargeException 413')
  })
})

async function signed(
  credentials: typeof KEY,
  service: string,
  headers: Record<string, string>,
  body: string,
): Promise<Response> {
  const signer = new SignatureV4({ credentials, region: 'eu-central-1', service, sha256: Sha256 })
  const request = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: 'http:',
      hostname: 'localhost',
      port: 8787,
      path: '/',
      headers: { ...headers, host: 'localhost:8787' },
      body,
    }),
    { signingDate: new Date(NOW) },
  )
  return post(request.headers, body)
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer
  const { __type } = (await response.json()) as { __type: string }
  return `${__type.slice(__type.indexOf('#') + 1)} ${response.status}`
}
