import fc from 'fast-check'
import { expect, test } from 'vitest'
import { selectJson } from '../../../src/gateway/mapping/json-path.ts'
import { TemplateError } from '../../../src/gateway/velocity/template-error.ts'

const STORE = {
  store: {
    book: [
      { category: 'reference', author: 'Rees', title: 'Sayings', price: 8.95 },
      { category: 'fiction', author: 'Waugh', title: 'Sword', price: 12.99, isbn: 'a' },
      { category: 'fiction', author: 'Melville', title: 'Moby Dick', price: 8.99 },
    ],
    bicycle: { 'front-light': 'on', '2nd': 'yes', color: 'red' },
  },
  expensive: 10,
  none: null,
}

test.each([
  // One place: what is there.
  ['$.expensive', 10],
  ['expensive', 10],
  ["$['expensive']", 10],
  ["$.['expensive']", 10],
  ['$.store.book[0].author', 'Rees'],
  ['$.store.book[-1].author', 'Melville'],
  ['$.store.bicycle.front-light', 'on'],
  ['$.store.bicycle.2nd', 'yes'],
  ['$.none', null],
  ['$.missing', undefined],
  ['$.missing.further', undefined],
  ['$.store.book[7]', undefined],
  // Several: a list, empty if there is none.
  ['$..author', ['Rees', 'Waugh', 'Melville']],
  ['$.store.book[*].author', ['Rees', 'Waugh', 'Melville']],
  ['$.store.book[0,1].title', ['Sayings', 'Sword']],
  ['$.store.book[0:2].title', ['Sayings', 'Sword']],
  ['$.store.book[-2:].title', ['Sword', 'Moby Dick']],
  ['$..missing', []],
  ['$.store.bicycle.*', ['on', 'yes', 'red']],
  // Filters.
  ['$.store.book[?(@.isbn)].title', ['Sword']],
  ['$.store.book[?(@.price < 10)].title', ['Sayings', 'Moby Dick']],
  ['$.store.book[?(@.price <= $.expensive)].title', ['Sayings', 'Moby Dick']],
  ["$.store.book[?(@.category == 'fiction' && @.price > 10)].title", ['Sword']],
  ["$..book[?(!@.isbn || @.author == 'Waugh')].author", ['Rees', 'Waugh', 'Melville']],
  ['$.store.book[?(@.author =~ /.*EES/i)].title', ['Sayings']],
  ["$.store.book[?(@.author in ['Rees', 'Melville'])].price", [8.95, 8.99]],
  ["$.store.book[?(@.author nin ['Rees', 'Melville'])].price", [12.99]],
  // Functions.
  ['$.store.book.length()', 3],
  ['$..price.max()', 12.99],
  ['$.store.bicycle.keys()', ['front-light', '2nd', 'color']],
])('%s', (expression, expected) => {
  expect(selectJson(STORE, expression)).toEqual(expected)
})

test.each(['$.[', '$.a[', '$.a.noFunction()', '$[?(@.a ==)]'])('%s is no expression', expression => {
  expect(() => selectJson(STORE, expression)).toThrow(TemplateError)
})

test('whatever the name, a member is found by it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.jsonValue(), (name, value) => {
      fc.pre(name !== '__proto__')
      const quoted = JSON.stringify(name)
      expect(selectJson({ [name]: value }, `$[${quoted}]`)).toEqual(value)
    }),
  )
})

test('an expression selects something or is refused', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'$.@[]()?*,:\'"ab-1&|=<~/ '.split(''))), chars => {
      try {
        selectJson(STORE, chars.join(''))
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError)
      }
    }),
    { numRuns: 2000 },
  )
})
