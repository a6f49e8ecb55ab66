import {
  compileFilterPattern,
  type FilterPattern,
} from '../../../observability/logs/patterns/filter-pattern.ts'
import { invalid } from './refusals.ts'

/** Reads a pattern, or refuses it and says what is wrong with it. */
export function patternOf(text = ''): FilterPattern {
  const compiled = compileFilterPattern(text)
  if (!compiled.ok) throw invalid(compiled.message)
  return compiled.pattern
}
