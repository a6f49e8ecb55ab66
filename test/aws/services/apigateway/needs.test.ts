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

test('leaves a path that cannot be decoded as it is, and a star in one', () => {
  expect(resourceOf('/restapis/%zz')).toBe('arn:aws:apigateway:eu-west-1::/restapis/%zz')
  expect(resourceOf('/restapis/*')).toBe('arn:aws:apigateway:eu-west-1::/restapis/*')
})
