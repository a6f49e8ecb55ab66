import { TemplateError } from './template-error.ts'

/** Steps of one run: nested loops would multiply into hours. */
const MOST_STEPS = 1_000_000

/**
 * What the run that is under way may still do. Runs never wait and never stand in each other, so there is one at most;
 * it counts also what is far below it, where texts are made and compared.
 */
let left = Number.POSITIVE_INFINITY

/** Runs `run`, which throws a TemplateError as soon as it takes more than a template may. */
export function withinWork<T>(run: () => T): T {
  left = MOST_STEPS
  try {
    return run()
  } finally {
    left = Number.POSITIVE_INFINITY
  }
}

/** Counts work: a step is about a microsecond. */
export function spend(steps: number): void {
  left -= steps
  if (left < 0) throw new TemplateError('the template does too much')
}
