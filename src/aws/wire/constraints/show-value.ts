import { limitsOf, type ServiceFacts, type Shape, shapeAt } from './facts.ts'
import { hashMapOrder } from './java-order.ts'

/** AWS repeats values whole; a message of ours stops after this many UTF-16 code units of each. */
const SHOWN_LENGTH = 8192

const ELLIPSIS = '...'
const MAX_DEPTH = 32

/**
 * A value as AWS's messages repeat it, which is as Java's `toString` writes it: `[a, b]`, `{key=value}`,
 * `Name(member=value, other=null)`, `java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]`.
 *
 * @returns null where there is no value; undefined for what is sensitive, which messages do not repeat
 */
export function showValue(facts: ServiceFacts, shape: Shape, value: unknown): string | null | undefined {
  if (isSensitive(facts, shape)) return undefined
  if (value === undefined || value === null) return null
  const text = new Text()
  write(facts, shape, value, text, 0)
  return text.end()
}

const sensitivity = new WeakMap<Shape, boolean>()

/** Whether the shape, or anything in it, is sensitive. */
function isSensitive(facts: ServiceFacts, shape: Shape): boolean {
  let known = sensitivity.get(shape)
  if (known === undefined) {
    // Only the whole answer is kept: of a recursive shape, a part seen on the way is not looked through to its end.
    known = containsSensitive(facts, shape, new Set())
    sensitivity.set(shape, known)
  }
  return known
}

function containsSensitive(facts: ServiceFacts, shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false
  seen.add(shape)
  if (limitsOf(shape).sensitive) return true
  return inner(shape).some(index => containsSensitive(facts, shapeAt(facts, index), seen))
}

function inner(shape: Shape): readonly number[] {
  switch (shape[0]) {
    case 'list':
      return [shape[1]]
    case 'map':
      return [shape[1], shape[2]]
    case 'structure':
      return Object.values(shape[2])
    default:
      return []
  }
}

/** Text that stops growing when it is long enough. */
class Text {
  #text = ''
  #full = false

  get full(): boolean {
    return this.#full
  }

  add(text: string): void {
    if (this.#full) return
    this.#text += text
    if (this.#text.length <= SHOWN_LENGTH) return
    this.#text = this.#text.slice(0, SHOWN_LENGTH) + ELLIPSIS
    this.#full = true
  }

  end(): string {
    return this.#text
  }
}

function write(facts: ServiceFacts, shape: Shape, value: unknown, text: Text, depth: number): void {
  if (value === undefined || value === null) text.add('null')
  else if (depth > MAX_DEPTH) text.add(ELLIPSIS)
  else if (shape[0] === 'list' && Array.isArray(value)) {
    const element = shapeAt(facts, shape[1])
    text.add('[')
    for (let i = 0; i < value.length && !text.full; i++) {
      if (i > 0) text.add(', ')
      write(facts, element, value[i], text, depth + 1)
    }
    text.add(']')
  } else if (shape[0] === 'map' && typeof value === 'object') {
    const element = shapeAt(facts, shape[2])
    text.add('{')
    for (const [i, key] of hashMapOrder(Object.keys(value)).entries()) {
      if (text.full) break
      text.add(`${i > 0 ? ', ' : ''}${key}=`)
      write(facts, element, (value as Record<string, unknown>)[key], text, depth + 1)
    }
    text.add('}')
  } else if (shape[0] === 'structure' && typeof value === 'object') {
    text.add(`${shape[1]}(`)
    for (const [i, name] of Object.keys(shape[2]).entries()) {
      if (text.full) break
      text.add(`${i > 0 ? ', ' : ''}${lowerFirst(name)}=`)
      const member = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
      write(facts, shapeAt(facts, shape[2][name]!), member, text, depth + 1)
    }
    text.add(')')
  } else text.add(scalar(shape, value))
}

function scalar(shape: Shape, value: unknown): string {
  if (value instanceof Uint8Array) {
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`
  }
  if (value instanceof Date) return javaDate(value)
  if (value instanceof String) return value.toString()
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') return ELLIPSIS
  if (typeof value === 'number' && (shape[0] === 'double' || shape[0] === 'float')) return javaDouble(value)
  return String(value)
}

/** How AWS writes a member's name in messages: only its first letter changes, e.g. `kMSKeyArn`. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** `java.lang.Double.toString`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const magnitude = Math.abs(value)
  if (magnitude === 0 || (magnitude >= 1e-3 && magnitude < 1e7)) {
    const text = Object.is(value, -0) ? '-0' : String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** `java.util.Date.toString` in UTC. */
function javaDate(value: Date): string {
  if (Number.isNaN(value.getTime())) return 'Invalid Date'
  // Thu, 01 Jan 1970 00:00:00 GMT
  const [weekday, day, month, year, time] = value.toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}
