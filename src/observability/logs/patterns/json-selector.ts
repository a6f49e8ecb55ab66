import { Scanner } from './scanner.ts'

/** A name, a place in an array, or anything there is. */
type Step = string | number | typeof ANY
const ANY = Symbol('any')

/** `$.a.b[0]` and `$.list[*].id`: which values of a document it leads to. */
export interface JsonSelector {
  readonly wildcards: number
  /** All values it leads to; none where it leads nowhere. */
  select(document: unknown): unknown[]
}

const NAME = /[\p{L}\p{N}_@:-]+/uy
const INDEX = /\d{1,9}/y

/** Undefined where none begins. Throws what {@link Scanner} throws for one that is not as it should be. */
export function readSelector(scanner: Scanner): JsonSelector | undefined {
  if (!scanner.take('$')) return undefined
  const steps: Step[] = []
  for (;;) {
    if (scanner.read(/\.(?=\[)/y) !== undefined) continue
    if (scanner.read(/\./y) !== undefined) steps.push(readName(scanner))
    else if (scanner.read(/\[/y) !== undefined) steps.push(readBracketed(scanner))
    else break
  }
  if (steps.length === 0) throw scanner.error('a property is missing after $')
  return { wildcards: steps.filter(step => step === ANY).length, select: document => select(document, steps) }
}

/** The selector that a text is, from beginning to end; undefined of another text. */
export function compileSelector(text: string): JsonSelector | undefined {
  try {
    const scanner = new Scanner(text)
    const selector = readSelector(scanner)
    return scanner.atEnd ? selector : undefined
  } catch {
    return undefined
  }
}

function readName(scanner: Scanner): Step {
  if (scanner.read(/\*/y) !== undefined) return ANY
  const name = scanner.read(NAME)
  if (name === undefined) throw scanner.error('the name of a property is missing')
  return name
}

function readBracketed(scanner: Scanner): Step {
  const step = insideBrackets(scanner)
  scanner.expect(']')
  return step
}

function insideBrackets(scanner: Scanner): Step {
  if (scanner.take('*')) return ANY
  for (const quote of ['"', "'"]) if (scanner.take(quote)) return scanner.until(quote, 'reads escapes')
  const index = scanner.read(INDEX)
  if (index === undefined) throw scanner.error('a place in an array is missing')
  return Number(index)
}

function select(document: unknown, steps: readonly Step[]): unknown[] {
  let values = [document]
  for (const step of steps) values = values.flatMap(value => childrenOf(value, step))
  return values
}

function childrenOf(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (step === ANY) return Object.values(value)
  if (Array.isArray(value)) return typeof step === 'number' && step < value.length ? [value[step]] : []
  const name = String(step)
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : []
}
