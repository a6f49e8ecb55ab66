import { RE2JS } from 're2js'
import { type PatternShape, readPattern } from './read-pattern.ts'

/** Steps of backtracking that a single test may need: some milliseconds. */
const BEARABLE = 1_000_000

/** For expressions that only a backtracking engine understands. */
const HARDLY_BEARABLE = 100_000_000

/** Characters that such an expression is given when nothing bounds its steps: its owner wrote it so. */
const LONGEST_UNBOUNDED = 1_000

/**
 * A regular expression of an API's owner (ECMA 262, found anywhere in the text), for texts that strangers choose. The
 * platform's engine backtracks: it is fast, and takes exponential time on the wrong pair of the two. It is used when
 * the expression's shape and the text's length bound its steps, and a linear-time engine otherwise. That one knows
 * neither look-around nor back-references: with those, a text is taken for not matching when testing it could take
 * long.
 */
export class Pattern {
  readonly #native: RegExp
  readonly #shape: PatternShape
  #linear: RE2JS | null | undefined

  /** Throws a `SyntaxError` when `source` is no regular expression. */
  constructor(source: string) {
    this.#native = compileNative(source)
    this.#shape = readPattern(source)
  }

  test(text: string): boolean {
    const steps = stepsAtMost(this.#shape, text.length)
    if (steps <= BEARABLE) return this.#native.test(text)
    this.#linear ??= compileLinear(this.#shape)
    if (this.#linear) return this.#linear.matcher(text).find()
    if (steps <= HARDLY_BEARABLE || text.length <= LONGEST_UNBOUNDED) return this.#native.test(text)
    return false
  }
}

/** With characters beyond U+FFFF as one where the expression allows it. */
function compileNative(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch {
    return new RegExp(source)
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
