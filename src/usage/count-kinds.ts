/**
 * Something that is counted by UTC day: by which texts counts are told apart, and what each of them adds up. The names
 * are also those of columns of the usage table `name`.
 */
export interface CountKind {
  readonly name: 'executions' | 'method_usage'
  readonly labels: readonly string[]
  /** The first one grows with everything that is counted: of two sums the one with more of it is newer. */
  readonly sums: readonly string[]
  /** Whether one of an account's meters counts all that has the same labels; otherwise each has its own row of it. */
  readonly isOfOneMeter: boolean
  /** Position in {@link COUNT_KINDS}. */
  readonly index: number
}

/** Calls of functions, by what was charged for them. */
export const EXECUTIONS: CountKind = {
  name: 'executions',
  labels: ['name', 'version', 'qualifier'],
  sums: ['requests', 'failures', 'billed_ms', 'mb_ms', 'inits', 'init_ms'],
  isOfOneMeter: true,
  index: 0,
}

/** Requests of REST APIs, by what became of them. */
export const METHOD_USAGE: CountKind = {
  name: 'method_usage',
  labels: ['api_id', 'stage', 'method', 'key_id'],
  sums: ['requests', 'throttled', 'over_quota', 'over_budget', 'other_4xx', 'errors_5xx'],
  isOfOneMeter: false,
  index: 1,
}

export const COUNT_KINDS: readonly CountKind[] = [EXECUTIONS, METHOD_USAGE]

/** Of the longest kind. */
export const MOST_SUMS = 6
