import { RE2JS } from 're2js'
import { type PatternShape, readPattern } from './read-pattern.ts'

/** Steps of backtracking that a single test may need: some milliseconds. */
const BEARABLE = 1_000_000

/** For expressions that only a backtracking engine understands. */
const HARDLY_BEARABLE = 100_000_000

/** Characters that such an expression is given beyond that: with few quantifiers, it seldom comes to the worst. */
const LONGEST_UNBOUNDED = 1_000

/** The same where each character may double the steps. */
const LONGEST_EXPONENTIAL = 24

/**
 * A regular expression of an API's owner (ECMA 262, found anywhere in the text), for texts that strangers choose. The
 * platform's engine backtracks: it is fast, and takes exponential time on the wrong pair of the two. It is used when
 * the expression's shape and the text's length bound its steps, and a linear-time engine otherwise. That one knows
 * neither look-around nor back-references: with those, a text is taken for not matching when testing it could take
 * long.
 */
export class Pattern {
  readonly #native: RegExp
  /** The same, for all places at once. */
  #all: RegExp | undefined
  readonly #shape: PatternShape
  /** Null where there is none; undefined before it was tried. */
  #linear: RE2JS | null | undefined
  readonly #parts: readonly Part[] | undefined

  /**
   * Throws a `SyntaxError` when `source` is no regular expression.
   *
   * @param flags any of `i`, `m` and `s`
   */
  constructor(source: string, flags = '') {
    this.#native = compileNative(source, flags)
    this.#shape = readPattern(source, flags)
    if (this.#shape.re2 === undefined && this.#shape.isNested) this.#parts = partsOf(source, flags)
  }

  test(text: string): boolean {
    if (this.#parts) return this.#parts.every(({ pattern, holds }) => pattern.test(text) === holds)
    const engine = this.#engineFor(text)
    if (engine instanceof RegExp) return engine.test(text)
    return engine?.matcher(text).find() ?? false
  }

  /** All places where it matches, none within another: each with its groups, of which the first is the whole. */
  *matches(text: string): Generator<PatternMatch> {
    const engine = this.#engineFor(text)
    if (engine instanceof RegExp) {
      this.#all ??= new RegExp(engine, `${engine.flags}g`)
      for (const match of text.matchAll(this.#all)) yield { index: match.index, groups: match }
    } else if (engine) {
      const matcher = engine.matcher(text)
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => i)
      while (matcher.find()) {
        yield { index: matcher.start(), groups: groups.map(i => matcher.group(i) ?? undefined) }
      }
    }
  }

  /** Undefined where testing the text could take long whatever does it. */
  #engineFor(text: string): RegExp | RE2JS | undefined {
    const steps = stepsAtMost(this.#shape, text.length)
    if (steps <= BEARABLE) return this.#native
    if (this.#linear === undefined) this.#linear = compileLinear(this.#shape)
    if (this.#linear) return this.#linear
    const longest = this.#shape.isNested ? LONGEST_EXPONENTIAL : LONGEST_UNBOUNDED
    return steps <= HARDLY_BEARABLE || text.length <= longest ? this.#native : undefined
  }
}

/** One of several expressions that together say what one says. */
interface Part {
  readonly pattern: Pattern
  /** Whether it has to match, or must not. */
  readonly holds: boolean
}

/**
 * `^(?!-)(?=.{1,253}$)rest` as `^rest` and what it looks ahead for, each by itself: the usual form of what RE2 cannot
 * express. Undefined for any other.
 */
function partsOf(source: string, flags: string): Part[] | undefined {
  const parts: Part[] = []
  let rest = source.startsWith('^') ? source.slice(1) : ''
  for (;;) {
    const [begin, kind] = /^\(\?([=!])/.exec(rest) ?? []
    if (begin === undefined) break
    const end = endOfGroup(rest)
    parts.push({
      pattern: new Pattern(`^(?:${rest.slice(begin.length, end - 1)})`, flags),
      holds: kind === '=',
    })
    rest = rest.slice(end)
  }
  const isWhole = flags.includes('m') || readPattern(rest).hasTopAlternative || /^[*+?{]/.test(rest)
  if (parts.length === 0 || isWhole) return undefined
  return [...parts, { pattern: new Pattern(`^${rest}`, flags), holds: true }]
}

/** Where the group ends that a valid expression begins with. */
function endOfGroup(source: string): number {
  let depth = 0
  for (const { 0: token, index } of source.matchAll(/\\[\s\S]|\[\^?(?:[^\]\\]|\\[\s\S])*\]|[()]/g)) {
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    if (depth === 0) return index + 1
  }
  return source.length
}

export interface PatternMatch {
  readonly index: number
  readonly groups: ReadonlyArray<string | undefined>
}

/** With characters beyond U+FFFF as one where the expression allows it. */
function compileNative(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch {
    return new RegExp(source, flags)
  }
}

function compileLinear({ re2 }: PatternShape): RE2JS | null {
  if (re2 === undefined) return null
  try {
    return RE2JS.compile(re2)
  } catch {
    return null
  }
}

/** Every quantifier may try each of its lengths, at each place where the expression may begin. */
function stepsAtMost({ isNested, isAnchored, unbounded, choices }: PatternShape, length: number): number {
  if (isNested) return Number.POSITIVE_INFINITY
  const starts = isAnchored ? 1 : length + 1
  return choices.reduce(
    (steps, choice) => steps * Math.min(choice, length + 1),
    starts * (length + 1) ** unbounded,
  )
}
