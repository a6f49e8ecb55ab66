import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../../src/gateway/patterns/pattern.ts'
import { readPattern } from '../../../src/gateway/patterns/read-pattern.ts'

describe('the shape of an expression', () => {
  it.each([
    ['^[a-z]+@[a-z]+$', { isNested: false, isAnchored: true, unbounded: 2 }],
    ['(a+)+', { isNested: true, isAnchored: false }],
    ['(a|b)*', { isNested: true }],
    ['(?:ab?)+', { isNested: true }],
    ['((a+))?', { isNested: false, unbounded: 1 }],
    ['((a+)b){2}', { isNested: true }],
    ['(abc)+', { isNested: false, unbounded: 1 }],
    ['[(a+)+]+', { isNested: false, unbounded: 1 }],
    ['\\(a+\\)+', { isNested: false, unbounded: 2 }],
    ['^a|b$', { isAnchored: false }],
    ['a?a?a?a{1,3}', { isNested: false, unbounded: 0, choices: [2, 2, 2, 3] }],
    ['a{2}b{3,}', { unbounded: 1, choices: [] }],
    ['{a}', { unbounded: 0, choices: [] }],
  ])('%s', (source, shape) => {
    expect(readPattern(source)).toMatchObject(shape)
  })

  it.each(['(?=a)b', '(?<!a)b', '(a)\\1', 'a\\cA', '[]', '(?<n>a)\\k<n>'])(
    '%s has no form in RE2',
    source => {
      expect(readPattern(source).re2).toBeUndefined()
    },
  )
})

const SOURCES = [
  '^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$',
  '^\\s+$',
  '[^\\s]+',
  '\\S',
  '^.$',
  '^.+$',
  '\\u0061|\\x62',
  '^[\\u0061-\\u0063]{2,3}?$',
  '^\\d{3}-?\\w*$',
  '^a{,2}$',
  '^[[a]+$',
  '^[-\\]a]+$',
  '^[\\b]$',
  '\\bab\\b',
  '^(?:a|b)*c$',
  '^(?<first>a)b$',
  '^\\/a\\.b$',
  '^\\0$',
  '[$^.]',
  '^a$|^b$',
]

describe('both engines', () => {
  it.each(SOURCES)('say the same of %s', source => {
    const { re2 } = readPattern(source)
    const linear = RE2JS.compile(re2!)
    const native = new RegExp(source)
    const texts = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.string({ unit: fc.constantFrom(...'abc@.- \n\r\u2028\u00a0\b[]/{,2}\0'), maxLength: 6 }),
    )
    fc.assert(
      fc.property(texts, text => {
        expect(linear.matcher(text).find()).toBe(native.test(text))
      }),
      { numRuns: 200 },
    )
  })

  it('are chosen so that no text takes long', () => {
    const begun = performance.now()
    expect(new Pattern('^(a+)+$').test(`${'a'.repeat(100_000)}!`)).toBe(false)
    expect(new Pattern('^(a+)+$').test('a'.repeat(100_000))).toBe(true)
    expect(new Pattern('a+b').test('a'.repeat(100_000))).toBe(false)
    expect(new Pattern('(?=.*a)(?=.*b)(?=.*c)x').test('y'.repeat(100_000))).toBe(false)
    expect(performance.now() - begun).toBeLessThan(30_000)
  })

  it('take characters beyond U+FFFF as one', () => {
    expect(new Pattern('^.$').test('💧')).toBe(true)
    expect(new Pattern('^[\\-💧]$').test('💧')).toBe(true)
  })

  it('take passwords as long as they are looked ahead for', () => {
    const password = new Pattern('^(?=.*[A-Z])(?=.*\\d).{8,64}$')
    expect(password.test('Abcdefg1'.repeat(8))).toBe(true)
    expect(password.test('abcdefgh')).toBe(false)
  })
})

describe('what only a backtracking engine understands', () => {
  it.each([
    ['^(?!-)([a-z0-9-]{1,63}\\.)+[a-z]{2,}$', `${'a'.repeat(30)}.${'b-'.repeat(20)}c.example.com`, true],
    ['^(?!-)([a-z0-9-]{1,63}\\.)+[a-z]{2,}$', '-a.example.com.and.so.on.and.on.com', false],
    ['^(?=.*\\d)(?=.*[(])(?:[a-z]+[\\d()]*)+$', `${'ab'.repeat(20)}1(`, true],
    ['^(?=.*\\d)(?=.*[(])(?:[a-z]+[\\d()]*)+$', `${'ab'.repeat(500)}!1(`, false],
    ['(?<=x)(a+)+$', `x${'a'.repeat(100)}!`, false],
  ])('%s takes a bounded time for %s', (source, text, matches) => {
    const begin = performance.now()
    expect(new Pattern(source).test(text)).toBe(matches)
    expect(performance.now() - begin).toBeLessThan(10_000)
  })

  it('heeds flags in both engines', () => {
    for (const text of ['A\nB', `A\nB${' '.repeat(2_000)}`]) {
      expect(new Pattern('^a.b\\s*\\s*$', 'is').test(text)).toBe(true)
      expect(new Pattern('^a.b\\s*\\s*$').test(text)).toBe(false)
    }
  })

  it('finds the same places by both engines', () => {
    const found = (text: string) =>
      [...new Pattern('(b)|(c+)c*').matches(text)].map(({ index, groups }) => [index, ...groups])
    const few = found('abcca')
    expect(few).toEqual([
      [1, 'b', 'b', undefined],
      [2, 'cc', undefined, 'cc'],
    ])
    expect(found(`abcca${'a'.repeat(3_000)}`)).toEqual(few)
  })
})
