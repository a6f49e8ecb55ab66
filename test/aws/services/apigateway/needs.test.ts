import { expect, test } from 'vitest'
import { apigatewayNeeds } from '../../../../src/aws/services/apigateway/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const resourceOf = (rawPath: string) => {
  const sent = { method: 'DELETE', rawPath, headers: new Headers() }
  const call = { region: 'eu-west-1' } as Call<Platform>
  return apigatewayNeeds({}, call, sent as Parameters<typeof apigatewayNeeds>[2])[0]?.resource
}

test.each(['/restapis/abc', '/restapis/abc/', '/restapis/%61bc', '/%72estapis/ab%63/'])(
  'asks for one permission, however a path is spelled: %s',
  path => expect(resourceOf(path)).toBe('arn:aws:apigateway:eu-west-1::/restapis/abc'),
)

test.each([
  ['/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fabc'],
  ['/tags/arn:aws:apigateway:eu-west-1::%2frestapis%2fabc'],
])('encodes ARNs in paths: %s', path => {
  expect(resourceOf(path)).toBe(
    'arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Frestapis%2Fabc',
  )
})

test.each<[string, object]>([
  ['PutIntegration', { credentials: 'ROLE' }],
  ['CreateAuthorizer', { authorizerCredentials: 'ROLE' }],
  ['UpdateIntegration', { patchOperations: [{ op: 'replace', path: '/credentials', value: 'ROLE' }] }],
  [
    'UpdateAuthorizer',
    { patchOperations: [{ op: 'replace', path: '/authorizerCredentials', value: 'ROLE' }] },
  ],
  ['UpdateAccount', { patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: 'ROLE' }] }],
  ['ImportRestApi', { body: definition({ credentials: 'ROLE' }) }],
  ['PutRestApi', { body: definition({}, { authorizerCredentials: 'ROLE' }) }],
])('asks whether a role may be passed that is given by %s', (operation, input) => {
  expect(passed(operation, input)).toEqual([
    {
      action: 'iam:PassRole',
      resource: 'ROLE',
      context: { 'iam:PassedToService': 'apigateway.amazonaws.com' },
    },
  ])
})

test.each<[string, object]>([
  ['PutIntegration', { credentials: '' }],
  ['UpdateIntegration', { patchOperations: [{ op: 'remove', path: '/credentials' }] }],
  ['UpdateIntegration', { patchOperations: [{ op: 'replace', path: '/uri', value: 'ROLE' }] }],
  ['ImportRestApi', { body: definition({}) }],
  ['ImportRestApi', { body: new TextEncoder().encode('{') }],
])('asks for no role where none is given: %s %#', (operation, input) => {
  expect(passed(operation, input)).toEqual([])
})

const POLICY = JSON.stringify({ Version: '2012-10-17', Statement: [] })

test.each<[string, object, boolean]>([
  ['CreateRestApi', { name: 'a', policy: POLICY }, true],
  ['CreateRestApi', { name: 'a' }, false],
  ['UpdateRestApi', { patchOperations: [{ op: 'replace', path: '/policy', value: POLICY }] }, true],
  ['UpdateRestApi', { patchOperations: [{ op: 'remove', path: '/policy' }] }, true],
  ['UpdateRestApi', { patchOperations: [{ op: 'replace', path: '/name', value: 'b' }] }, false],
  ['ImportRestApi', { body: definition({}, {}, { 'x-amazon-apigateway-policy': JSON.parse(POLICY) }) }, true],
  ['PutRestApi', { body: definition({}, {}, { 'x-amazon-apigateway-policy': JSON.parse(POLICY) }) }, true],
  ['PutRestApi', { body: definition({}) }, false],
])('asks apart whether somebody may say who calls an API: %s %#', (operation, input, isAsked) => {
  expect(passed(operation, input)).toMatchObject(
    isAsked
      ? [{ action: 'apigateway:UpdateRestApiPolicy', resource: 'arn:aws:apigateway:eu-west-1::/' }]
      : [],
  )
})

function definition(integration: object, authorizer: object = {}, more: object = {}): Uint8Array {
  const guard = { type: 'token', authorizerUri: 'arn:x', ...authorizer }
  const security = {
    type: 'apiKey',
    name: 'Authorization',
    in: 'header',
    'x-amazon-apigateway-authtype': 'custom',
    'x-amazon-apigateway-authorizer': guard,
  }
  const operation = {
    responses: {},
    'x-amazon-apigateway-integration': {
      type: 'http',
      httpMethod: 'GET',
      uri: 'http://x.test',
      ...integration,
    },
  }
  const document = {
    swagger: '2.0',
    info: { title: 't', version: '1' },
    securityDefinitions: { guard: security },
    paths: { '/a': { get: operation } },
    ...more,
  }
  return new TextEncoder().encode(JSON.stringify(document))
}

function passed(operation: string, input: object) {
  const sent = { method: 'PUT', rawPath: '/', headers: new Headers() }
  const call = { operation, region: 'eu-west-1' } as Call<Platform>
  return apigatewayNeeds(input, call, sent as Parameters<typeof apigatewayNeeds>[2]).slice(1)
}

test('leaves a path that cannot be decoded as it is, and a star in one', () => {
  expect(resourceOf('/restapis/%zz')).toBe('arn:aws:apigateway:eu-west-1::/restapis/%zz')
  expect(resourceOf('/restapis/*')).toBe('arn:aws:apigateway:eu-west-1::/restapis/*')
})
