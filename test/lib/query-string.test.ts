import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseQuery } from '../../src/lib/query-string.ts'

test.each([
  // The first six are what API Gateway itself made of these queries.
  ['urlparam=test', { urlparam: ['test'] }],
  ['email=test%2Balias@gmail.com', { email: ['test+alias@gmail.com'] }],
  ['plus=test+alias@gmail.com', { plus: ['test alias@gmail.com'] }],
  ['at=2023-06-12T18:05:10.123456+00:00', { at: ['2023-06-12T18:05:10.123456 00:00'] }],
  ['url=https://www.google.com/', { url: ['https://www.google.com/'] }],
  [
    'category=electronics&category=books&price=10&price=20&price=30',
    { category: ['electronics', 'books'], price: ['10', '20', '30'] },
  ],
  ['a', { a: [''] }],
  ['a=', { a: [''] }],
  ['a&a=1', { a: ['', '1'] }],
  ['a=b=c', { a: ['b=c'] }],
  ['&&a=1&', { a: ['1'] }],
  ['a=1;b=2', { a: ['1'], b: ['2'] }],
  ['na%20me=%C3%A9%E2%82%AC', { 'na me': ['é€'] }],
  ['a%5B%5D=1&a%5B%5D=2', { 'a[]': ['1', '2'] }],
  ['a=100%', { a: ['100%'] }],
  ['a=%zz%41', { a: ['%zzA'] }],
  ['a=%FF%41', { a: ['\ufffdA'] }],
])('%s', (query, multi) => {
  const parsed = parseQuery(query, '&;')
  expect(parsed.multi).toEqual(multi)
  expect(parsed.single).toEqual(
    Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, (values as string[]).at(-1)])),
  )
})

test.each(['', '&', ';&;'])('a query of no parameters (%j) is null', query => {
  expect(parseQuery(query, '&;')).toEqual({ single: null, multi: null })
})

test('a semicolon is a character of a value where only ampersands separate', () => {
  expect(parseQuery('a=1;b=2&c', '&').multi).toEqual({ a: ['1;b=2'], c: [''] })
})

test('names of prototypes are names', () => {
  const { single, multi } = parseQuery('__proto__=1&constructor=2&__proto__=3', '&')
  expect(JSON.stringify(single)).toBe('{"__proto__":"3","constructor":"2"}')
  expect(JSON.stringify(multi)).toBe('{"__proto__":["1","3"],"constructor":["2"]}')
})

test('reads back whatever a form-encoder writes', () => {
  const parameters = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })))
  fc.assert(
    fc.property(parameters, pairs => {
      const written = new URLSearchParams(pairs.map(([name, value]) => [`n${name}`, value])).toString()
      const read = Object.entries(parseQuery(written, '&').multi ?? {})
      const expected = new Map<string, string[]>()
      for (const [name, value] of pairs) {
        const values = expected.get(`n${name}`)
        if (values) values.push(value)
        else expected.set(`n${name}`, [value])
      }
      expect(new Map(read)).toEqual(expected)
    }),
  )
})
