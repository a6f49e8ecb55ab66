import { expect, test } from 'vitest'
import { addressOfUrl, urlOfHost, urlOfPath } from '../../../src/functions/urls/address.ts'

const ID = 'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6'

test.each([
  [`http://${ID}.lambda-url.localhost:8787/`, '/'],
  [`http://${ID}.lambda-url.localhost:8787`, '/'],
  [`http://${ID.toUpperCase()}.Lambda-URL.localhost:8787/A//b%2Fc`, '/A//b%2Fc'],
  [`https://${ID}.lambda-url.us-east-1.on.aws/x?a=/b`, '/x'],
  [`https://${ID}.lambda-url.weir.example.com/_aws/lambda-url/other/`, '/_aws/lambda-url/other/'],
])('the host of %s is a function URL’s', (url, rawPath) => {
  expect(urlOfHost(new Request(url))).toMatchObject({ urlId: ID, rawPath })
})

test.each([
  'http://localhost:8787/',
  `http://localhost:8787/_aws/lambda-url/${ID}/`,
  `http://a.${ID}.lambda-url.localhost/`,
  'http://lambda-url.localhost/',
  `http://${ID}.execute-api.localhost/`,
])('the host of %s is not', url => {
  expect(urlOfHost(new Request(url))).toBeUndefined()
})

test.each([
  [`http://localhost:8787/_aws/lambda-url/${ID}/`, '/'],
  [`http://localhost:8787/_aws/lambda-url/${ID}`, '/'],
  [`http://localhost:8787/_aws/lambda-url/${ID}?x`, '/'],
  [`https://weir.example.com/_aws/lambda-url/${ID}//a%20b/`, '//a%20b/'],
])('the path of %s is a function URL’s', (url, rawPath) => {
  expect(urlOfPath(new Request(url))).toMatchObject({ urlId: ID, rawPath })
})

test.each(['http://localhost/_aws/lambda-url/', 'http://localhost/_aws/lambda-url', 'http://localhost/'])(
  'the path of %s is not',
  url => {
    expect(urlOfPath(new Request(url))).toBeUndefined()
  },
)

test('has a host of its own where every name leads here, and a path elsewhere', () => {
  expect(addressOfUrl('http://localhost:8787', ID)).toBe(`http://${ID}.lambda-url.localhost:8787/`)
  expect(addressOfUrl('http://weir.localhost', ID)).toBe(`http://${ID}.lambda-url.weir.localhost/`)
  expect(addressOfUrl('http://127.0.0.1:8787', ID)).toBe(`http://127.0.0.1:8787/_aws/lambda-url/${ID}/`)
  expect(addressOfUrl('https://api.example.com', ID)).toBe(`https://api.example.com/_aws/lambda-url/${ID}/`)
  for (const origin of ['http://localhost:8787', 'https://api.example.com']) {
    const request = new Request(`${addressOfUrl(origin, ID)}a`)
    expect(urlOfHost(request) ?? urlOfPath(request)).toMatchObject({ urlId: ID, rawPath: '/a' })
  }
})
