/** A body takes more work than any body may. */
export class TooMuchToValidate extends Error {}

/** What one body may cost: clients choose it, and the schema may make every part of it count many times. */
export class Budget {
  #steps: number
  #depth = 0

  /** `characters` of the body: work grows with it, within bounds. */
  constructor(characters: number) {
    this.#steps = Math.min(LEAST_STEPS + characters * STEPS_A_CHARACTER, MOST_STEPS)
  }

  /** Throws {@link TooMuchToValidate}. */
  spend(steps: number): void {
    this.#steps -= steps
    if (this.#steps < 0) throw new TooMuchToValidate('validating the body takes too many steps')
  }

  enter(): void {
    this.spend(1)
    this.#depth += 1
    if (this.#depth > DEEPEST) throw new TooMuchToValidate('the body is nested too deeply')
  }

  leave(): void {
    this.#depth -= 1
  }
}

/** Of schemas within each other, whether in the body's depth or at one place of it. */
const DEEPEST = 1_000
const LEAST_STEPS = 100_000
const STEPS_A_CHARACTER = 4
/** About a second. A body of 10 MB has some millions of values at most. */
const MOST_STEPS = 20_000_000

/** Errors beyond these tell nobody more. */
const MOST_ERRORS = 100

/** Characters of a value that are repeated in an error. */
const LONGEST_QUOTE = 1_024

/** What is wrong with a value, as far as it was looked at. */
export class Report {
  readonly errors: string[] = []
  readonly budget: Budget

  constructor(budget: Budget) {
    this.budget = budget
  }

  get isSuccess(): boolean {
    return this.errors.length === 0
  }

  get isFull(): boolean {
    return this.errors.length >= MOST_ERRORS
  }

  add(error: string): void {
    if (!this.isFull) this.errors.push(error)
  }

  /** Of an attempt that may fail without the whole failing. */
  attempt(): Report {
    return new Report(this.budget)
  }

  /** A value as errors show it. */
  quote(value: unknown): string {
    const text = JSON.stringify(value)
    this.budget.spend(text.length >> 4)
    return shorten(text)
  }
}

export const shorten = (text: string): string =>
  text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text
