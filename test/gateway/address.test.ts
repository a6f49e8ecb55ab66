import { expect, test } from 'vitest'
import { apiAddress } from '../../src/gateway/address.ts'
import { splitUrl } from '../../src/lib/url-parts.ts'

const at = (url: string) => apiAddress(new Request(url))

test.each([
  ['http://abc123.execute-api.localhost:8787/prod/pets/4', ['abc123', 'prod', '/pets/4']],
  ['http://abc123.execute-api.localhost:8787/prod', ['abc123', 'prod', '']],
  ['http://abc123.execute-api.localhost:8787/prod/', ['abc123', 'prod', '/']],
  ['http://abc123.execute-api.localhost:8787/prod?a=/b', ['abc123', 'prod', '']],
  ['http://ABC123.Execute-Api.localhost/prod/A', ['abc123', 'prod', '/A']],
  ['https://abc123.execute-api.us-east-1.amazonaws.com/v1/x', ['abc123', 'v1', '/x']],
  ['https://abc123.execute-api.api.example.com/v1/x', ['abc123', 'v1', '/x']],
  ['http://abc123.execute-api.localhost//prod/x', ['abc123', 'prod', '/x']],
  ['http://abc123.execute-api.localhost/prod//x', ['abc123', 'prod', '//x']],
  ['http://abc123.execute-api.localhost/prod/a%2Fb%20c', ['abc123', 'prod', '/a%2Fb%20c']],
  ['http://abc123.execute-api.localhost/', ['abc123', '', '']],
  ['http://localhost:8787/_aws/execute-api/abc123/prod/pets/', ['abc123', 'prod', '/pets/']],
  ['http://anything.example/_aws/execute-api/abc123/prod', ['abc123', 'prod', '']],
  ['http://localhost:8787/_aws/execute-api/abc123', ['abc123', '', '']],
])('%s is a call of an API', (url, [apiId, stage, rawPath]) => {
  expect(at(url)).toEqual({ apiId, stage, rawPath })
})

test.each([
  'http://localhost:8787/',
  'http://execute-api.localhost/prod',
  'http://.execute-api.localhost/prod',
  'http://a.b.execute-api.localhost/prod',
  'http://localhost/x.execute-api.y/prod',
  'http://localhost/?h=a.execute-api.b',
  'http://localhost/_aws/execute-api/',
  'http://localhost/_aws/execute-apis/abc/prod',
])('%s is not', url => {
  expect(at(url)).toBeUndefined()
})

test('cuts a URL without changing its parts', () => {
  expect(splitUrl('https://h.example:444/a//b%2f?x=1?y#z')).toEqual({
    scheme: 'https',
    host: 'h.example:444',
    path: '/a//b%2f',
    query: 'x=1?y',
  })
  expect(splitUrl('http://h')).toEqual({ scheme: 'http', host: 'h', path: '', query: '' })
  expect(splitUrl('http://h?a/b')).toEqual({ scheme: 'http', host: 'h', path: '', query: 'a/b' })
  expect(splitUrl('http://h/#/a?b')).toEqual({ scheme: 'http', host: 'h', path: '/', query: '' })
})
