import * as lambda from '@aws-sdk/client-lambda'
import * as sns from '@aws-sdk/client-sns'
import { describe, expect, test } from 'vitest'
import { awsEndpoint } from '../../../src/aws/wire/endpoint.ts'
import {
  type AdmittedCaller,
  type Authorize,
  type Call,
  type Need,
  service,
} from '../../../src/aws/wire/service.ts'
import { Refusal } from '../../../src/lib/refusal.ts'
import { provideDigestStream } from './digest-stream.ts'
import { codes, factsOf } from './service-facts.ts'

provideDigestStream()

const ROLE = 'arn:aws:iam::111122223333:role/r'

const admitted = (name: string): AdmittedCaller => ({
  ok: true,
  identity: {
    account: '111122223333',
    arn: 'arn:aws:sts::111122223333:assumed-role/r/f',
    accessKeyId: 'x',
    role: ROLE,
  },
  service: name,
  region: 'eu-west-1',
})

function endpointOf(authorize?: Authorize<null>) {
  const calls: [input: unknown, call: Call<null>][] = []
  const handlers = (...names: string[]) =>
    Object.fromEntries(
      names.map(name => [
        name,
        async (input: unknown, call: Call<null>) => {
          calls.push([input, call])
          return {}
        },
      ]),
    )
  const answer = awsEndpoint<null>({
    services: [
      service({
        signingName: 'lambda',
        schemas: lambda as never,
        facts: factsOf('rest-json', 'lambda', ['ListTags']),
        handlers: handlers('ListTags'),
        codes,
        needs: (input: { Resource: string }): Need[] => [
          { action: 'lambda:ListTags', resource: input.Resource },
        ],
      }),
      service({
        signingName: 'sns',
        schemas: sns as never,
        facts: factsOf('query', 'sns', ['Publish']),
        handlers: handlers('Publish'),
        codes: { ...codes, denied: 'AccessDenied' },
      }),
    ],
    lookUp: async () => {
      throw new Error('no key is looked up of somebody who is known')
    },
    authorize,
    clock: () => 0,
  })
  return { answer, calls }
}

const listTags = () => new Request('https://lambda.eu-west-1.amazonaws.com/2017-03-31/tags/arn%3Ax')

const publish = () =>
  new Request('https://sns.eu-west-1.amazonaws.com/', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      // Written long ago by somebody else: it says nothing.
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIA/20150830/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: 'Action=Publish&Version=2010-03-31&Message=hello',
  })

describe('a caller who is known otherwise', () => {
  test('needs no signature, and is who was said, where it was said', async () => {
    const { answer, calls } = endpointOf()
    expect((await answer(listTags(), null, admitted('lambda'))).status).toBe(200)
    expect(calls[0]?.[0]).toEqual({ Resource: 'arn:x' })
    expect(calls[0]?.[1]).toMatchObject({
      account: '111122223333',
      region: 'eu-west-1',
      identity: { role: ROLE },
      operation: 'ListTags',
    })
  })

  test('is not checked against a signature that is there', async () => {
    const { answer, calls } = endpointOf()
    expect((await answer(publish(), null, admitted('sns'))).status).toBe(200)
    expect(calls[0]?.[1].region).toBe('eu-west-1')
  })

  test('is told which service is not there', async () => {
    const response = await endpointOf().answer(listTags(), null, admitted('polly'))
    expect([response.status, await response.json()]).toEqual([
      404,
      { message: "Weir does not speak the service 'polly'" },
    ])
  })
})

test('clients that read XML are told in XML which service is not there', async () => {
  const response = await endpointOf().answer(
    new Request('https://s3.eu-west-1.amazonaws.com/b/k'),
    null,
    admitted('s3'),
  )
  expect([response.status, await response.text()]).toEqual([
    404,
    expect.stringContaining('<Message>Weir does not speak the service &apos;s3&apos;</Message>'),
  ])
})

test('nobody else comes in without a signature', async () => {
  const { answer, calls } = endpointOf()
  expect((await answer(listTags(), null)).status).toBe(403)
  expect(calls).toEqual([])
})

describe('permission', () => {
  test('is asked of every call, with what it is about, before it is done', async () => {
    const asked: unknown[] = []
    const { answer, calls } = endpointOf(async (input, call, { needs, signingName }, { method, rawPath }) => {
      asked.push([
        await needs?.(input, call, { method, rawPath, headers: new Headers() }),
        signingName,
        method,
        rawPath,
      ])
      return undefined
    })
    await answer(listTags(), null, admitted('lambda'))
    expect(asked).toEqual([
      [[{ action: 'lambda:ListTags', resource: 'arn:x' }], 'lambda', 'GET', '/2017-03-31/tags/arn%3Ax'],
    ])
    expect(calls).toHaveLength(1)
  })

  test('that is not given is refused in the words of the protocol, and nothing is done', async () => {
    const { answer, calls } = endpointOf(
      async (_input, _call, { codes: { denied = 'AccessDeniedException' } }) =>
        new Refusal(denied, 'You may not'),
    )
    const json = await answer(listTags(), null, admitted('lambda'))
    expect([json.status, json.headers.get('x-amzn-errortype'), await json.json()]).toEqual([
      403,
      'AccessDeniedException',
      { message: 'You may not' },
    ])
    const xml = await answer(publish(), null, admitted('sns'))
    expect([xml.status, await xml.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code><Message>You may not</Message>'),
    ])
    expect(calls).toEqual([])
  })
})
