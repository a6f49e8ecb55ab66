import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../../scripts/generate-model-facts.ts'
import { compilePattern } from '../../../../src/aws/wire/constraints/java-pattern.ts'
import { allFacts } from './model-facts.ts'
import { matching, patternsOf } from './patterns.ts'

const matches = (pattern: string, text: string): boolean => compilePattern(pattern)!.regex.test(text)

describe('patterns of the models', () => {
  it.each([
    ['the whole string, not a part of it', '[a-z]+', ['abc'], ['abc1', '1abc', '', 'abc\n']],
    ['\\A and \\z', '\\A[a-zA-Z0-9_]+\\z', ['a_1'], ['a-1', 'a\n']],
    ['possessive quantifiers, which give nothing back', 'a++b', ['ab', 'aab'], ['b']],
    ['possessive quantifiers, where giving back would help', '[ab]++b', [], ['ab', 'b']],
    ['possessive quantifiers that are optional', '^[\\/]?+[a-z]+$', ['/a', 'a'], ['//a']],
    ['(?s), by which a dot is also a line end', '(?s).+', ['a\nb'], ['']],
    ['a dot, which is no line end of Java', '.+', ['a'], ['a\nb', 'a\u0085b', 'a\u2028b']],
    [
      '(?i) in one alternative and those after it',
      '(?i)all|[0-9]{12}',
      ['ALL', 'all', '123456789012'],
      ['any'],
    ],
    ['(?i) in the middle of an alternative', 'a(?i)b|c', ['aB', 'C'], ['AB', 'aC']],
    ['flags of a group', 'x(?i:ab)c', ['xABc'], ['xABC']],
    ['\\p{ASCII}', '\\p{ASCII}+', ['a~'], ['é']],
    ['\\P of a category', '\\P{C}*', ['aé'], ['\u0000']],
    ['general categories in a class', '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*', ['é 日本-1', ''], ['#']],
    ['\\p without braces', '\\pL+', ['é'], ['1']],
    ['classes in a class', '[a-c[x-z]]+', ['ax'], ['d']],
    ['intersections', '[\\p{Print}&&[^|:/]]+', ['a b'], ['a|b', 'é']],
    ['escapes that JavaScript refuses', '\\_[\\:\\@\\/]\\-', ['_:-'], ['-']],
    ['a hyphen after a class escape or a range', '[\\w-.a-z-_]+', ['a-._'], [',']],
    ['a bracket at the start of a class', '[]a]+', [']a'], ['b']],
    ['code points in braces', '[@\\x{60}]+', ['`@'], ['x']],
    ['\\u of a surrogate pair', '[\\uD83D\\uDE00]', ['😀'], ['\ud83d']],
    ['\\s, which is ASCII', '\\s', [' ', '\t'], ['\u00a0']],
    ['\\Q to \\E', '\\Qa.b\\E+', ['a.b', 'a.bb'], ['axb', 'a.ba.b']],
    ['backreferences', '(-?)a\\1', ['-a-', 'a'], ['-a']],
    ['a repeated assertion', '(?!\\.)+[a-z.]+', ['a.'], ['.a']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a pattern
    ['a repeated end', '^[a-z]*${2,64}$', ['a', ''], ['1']],
    ['braces and brackets that stand for themselves', 'a}]', ['a}]'], ['a']],
  ])('read %s', (_what, pattern, good, bad) => {
    expect(good.filter(text => !matches(pattern, text))).toEqual([])
    expect(bad.filter(text => matches(pattern, text))).toEqual([])
  })

  it('are left out where JavaScript cannot say it', () => {
    expect(compilePattern('(?>a|ab)c')).toBeUndefined()
    expect(compilePattern('\\p{javaMirrored}')).toBeUndefined()
    expect(compilePattern('(?x) a b')).toBeUndefined()
    expect(compilePattern('[a')).toBeUndefined()
    expect(compilePattern('(a)b++\\1')).toBeUndefined()
  })

  it('are compiled once', () => {
    expect(compilePattern('[a-z]{3}')).toBe(compilePattern('[a-z]{3}'))
  })

  it('never make the compiler throw', () => {
    const piece = fc.constantFrom(
      ...'()[]{}^$|?*+.\\-&a1:<>=!ipQEu,'.split(''),
      '(?',
      '&&',
      '\\p{L}',
      '[^',
      '\\x{',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        compilePattern(pieces.join(''))
      }),
      { numRuns: 3000 },
    )
  })

  const all = allFacts.flatMap(facts =>
    [...patternsOf(facts)].map(([pattern, max]) => ({ facts, pattern, max })),
  )

  it('all compile', () => {
    expect(all.length).toBeGreaterThan(50)
    expect(all.filter(({ pattern }) => !compilePattern(pattern)).map(({ pattern }) => pattern)).toEqual([])
  })

  // Repeats parts of strings that match and spoils the end, which is what makes a backtracking matcher go astray.
  it.each(all)('do not run away: $pattern', ({ pattern, max }) => {
    const compiled = compilePattern(pattern)!
    const test = new Script('regex.test(text)')
    const context = createContext({ regex: compiled.regex, text: '' })
    const longest = Math.max(max ?? 4096, 512)
    for (const text of fc.sample(matching(pattern), { numRuns: 6, seed: 20 })) {
      for (let at = 0; at < text.length; at += Math.ceil(text.length / 8)) {
        for (const [length, times] of [
          [1, 30],
          [2, 30],
          [3, 30],
          [1, longest - text.length - 1],
        ] as const) {
          const pump = text.slice(at, at + length).repeat(Math.max(0, times))
          context.text = `${text.slice(0, at)}${pump}${text.slice(at)}\u0001`.slice(0, longest)
          expect(() => test.runInContext(context, { timeout: 1000 })).not.toThrow()
        }
      }
    }
  })

  it('of EventBridge that run away are written in other words with the same meaning', () => {
    const header = '^[ \\t]*[\\x20-\\x7E]+([ \\t]+[\\x20-\\x7E]+)*[ \\t]*$'
    const parameter = '^[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*$'
    const text = fc.string({ unit: fc.constantFrom(' ', '\t', 'a', ':', 'é', '\n', '\u007f'), maxLength: 8 })
    fc.assert(
      fc.property(fc.constantFrom(header, parameter), text, (pattern, value) => {
        // As written, they are harmless for values this short.
        expect(matches(pattern, value)).toBe(new RegExp(pattern).test(value))
      }),
      { numRuns: 2000 },
    )
    expect(matches(header, `${'a '.repeat(250)}\n`)).toBe(false)
  })

  // Runs where a copy of botocore's models is: BOTOCORE_DATA=.../botocore/data
  const models = process.env.BOTOCORE_DATA
  it.skipIf(!models)('of every service of AWS compile', { timeout: 120_000 }, () => {
    const failed: string[] = []
    for (const service of readdirSync(models!)) {
      for (const version of readdirSync(join(models!, service))) {
        for (const file of readdirSync(join(models!, service, version))) {
          if (!file.startsWith('service-2.json')) continue
          for (const [name, shape] of Object.entries(
            readModel(join(models!, service, version, file)).shapes,
          )) {
            if (shape.pattern !== undefined && !compilePattern(shape.pattern))
              failed.push(`${service} ${name}`)
          }
        }
      }
    }
    expect(failed).toEqual([])
  })
})
