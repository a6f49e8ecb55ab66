import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../../src/gateway/models/pattern.ts'
import { readPattern } from '../../../src/gateway/models/read-pattern.ts'

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
