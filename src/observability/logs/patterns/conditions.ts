import type { Scanner } from './scanner.ts'

export type Condition<S> = (subject: S) => boolean

/** Conditions with `&&`, `||` and parentheses, of which `&&` binds more closely. */
export function readConditions<S>(scanner: Scanner, readOne: () => Condition<S>): Condition<S> {
  const alternatives = [readConjunction(scanner, readOne)]
  while (scanner.take('||')) alternatives.push(readConjunction(scanner, readOne))
  if (alternatives.length === 1) return alternatives[0]!
  return subject => alternatives.some(condition => condition(subject))
}

function readConjunction<S>(scanner: Scanner, readOne: () => Condition<S>): Condition<S> {
  const conditions = [readOperand(scanner, readOne)]
  while (scanner.take('&&')) conditions.push(readOperand(scanner, readOne))
  if (conditions.length === 1) return conditions[0]!
  return subject => conditions.every(condition => condition(subject))
}

function readOperand<S>(scanner: Scanner, readOne: () => Condition<S>): Condition<S> {
  if (!scanner.take('(')) return readOne()
  const inner = readConditions(scanner, readOne)
  scanner.expect(')')
  return inner
}
