import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addQuery, HttpUri } from '../../src/gateway/integrations/http-uri.ts'

const href = (uri: string, path: Record<string, string> = {}, variables: Record<string, string> = {}) => {
  const url = new HttpUri(uri).resolve(variables, path)
  return typeof url === 'string' ? url : url.href
}

describe('the URI of an integration', () => {
  it.each([
    ['http://a.example/x/{id}', { id: 'é/ ?#%' }, 'http://a.example/x/%C3%A9%2F%20%3F%23%25'],
    ['http://a.example/{a}-{b}?q={a}', { a: '1&2', b: ';' }, 'http://a.example/1&2-;?q=1%262'],
    ['http://a.example/{id}', { id: '' }, 'http://a.example/'],
    ['http://a.example/{a b}/{}', { 'a b': 'x' }, 'http://a.example/x/%7B%7D'],
    ['http://a.example/x#{id}', { id: 'y' }, 'http://a.example/x'],
    ['HTTP://A.example:80', {}, 'http://a.example/'],
    ['http://a.example/x/../{id}', { id: 'y' }, 'http://a.example/y'],
    ['http://{host}/x', { host: 'evil.example' }, 'no-endpoint'],
    ['http://a.{domain}:80/x', { domain: 'evil.example' }, 'no-endpoint'],
    ['ftp://a.example/', {}, 'no-endpoint'],
    ['http:///a.example/', {}, 'no-endpoint'],
    ['', {}, 'no-endpoint'],
    ['http://a.example/x/{a}{b}', { a: '.', b: '.' }, 'climbs'],
    ['http://a.example/x/{a}', { a: '%2e%2E' }, 'http://a.example/x/%252e%252E'],
    ['http://a.example/x/{a}?b={a}', { a: '..' }, 'climbs'],
    ['http://a.example/x?b={a}', { a: '/../' }, 'http://a.example/x?b=%2F..%2F'],
  ])('%s with %j is %s', (uri, path, expected) => {
    expect(href(uri, path)).toBe(expected)
  })

  it('never leads out of what its owner wrote, whatever the values are', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[./\\%2eEfF?#@:;a]{0,12}$/),
    )
    fc.assert(
      fc.property(value, value, fc.boolean(), (id, rest, greedy) => {
        const uri = new HttpUri('https://a.example/base/{id}/x/{rest}?q={id}')
        const url = uri.resolve({}, { id, rest }, greedy ? 'rest' : undefined)
        if (typeof url === 'string') return url === 'climbs'
        addQuery(url, [[id, rest]])
        const [, base, first, x, ...others] = url.pathname.split('/')
        expect([url.origin, base, x]).toEqual(['https://a.example', 'base', 'x'])
        expect(decodeURIComponent(first!)).toBe(id.toWellFormed())
        expect(others.map(decodeURIComponent).join('/')).toBe(rest.toWellFormed())
        expect([...url.searchParams]).toEqual([
          ['q', id.toWellFormed()],
          [id.toWellFormed(), rest.toWellFormed()],
        ])
        return true
      }),
    )
  })
})
