import { ownField, setField } from '../../lib/fields.ts'
import { isEqual, isMap, isNumeric, LONGEST_TEXT, type PlainMap, textOf, WholeDouble } from './java-values.ts'
import { matchesWhole, replaceMatches, splitText } from './match-text.ts'
import { TemplateError } from './template-error.ts'
import { TemplateObject } from './template-object.ts'
import { spend } from './work.ts'

/** Methods get their arguments as templates give them; what is missing is null. */
type Methods<T> = Readonly<Record<string, (self: T, ...args: readonly unknown[]) => unknown>>

/** An entry of a map's `entrySet()`. */
class MapEntry extends TemplateObject {
  readonly #map: PlainMap
  readonly #key: string

  constructor(map: PlainMap, key: string) {
    super()
    this.#map = map
    this.#key = key
  }

  override property(name: string): unknown {
    if (name === 'key') return this.#key
    return name === 'value' ? this.#map[this.#key] : undefined
  }

  override call(name: string): unknown {
    if (name === 'getKey') return this.#key
    return name === 'getValue' ? this.#map[this.#key] : undefined
  }

  override toString(): string {
    return `${this.#key}=${textOf(this.#map[this.#key])}`
  }
}

/** Of every value. */
const ANY: Methods<unknown> = {
  equals: (self, other) => isSame(self, other),
  hashCode: (self: unknown) => hashOf(textOf(self)),
  toString: (self: unknown) => textOf(self),
}

const STRING: Methods<string> = {
  charAt: (self, at) => self[inside(self, at)] ?? outside(),
  codePointAt: (self, at) => self.codePointAt(inside(self, at)) ?? outside(),
  compareTo: (self, other) => (self < textOf(other) ? -1 : self > textOf(other) ? 1 : 0),
  concat: (self, other) => self + textOf(other),
  contains: (self, part) => self.includes(textOf(part)),
  endsWith: (self, part) => self.endsWith(textOf(part)),
  equalsIgnoreCase: (self, other) => self.toLowerCase() === textOf(other).toLowerCase(),
  indexOf: (self, part, from) => self.indexOf(textOf(part), integer(from ?? 0)),
  isBlank: self => self.trim() === '',
  isEmpty: self => self === '',
  lastIndexOf: (self, part) => self.lastIndexOf(textOf(part)),
  length: self => self.length,
  matches: (self, pattern) => {
    spend(self.length / 16)
    return matchesWhole(self, textOf(pattern))
  },
  repeat: (self, times) => {
    const count = integer(times)
    if (count < 0 || count * self.length > LONGEST_TEXT) return outside()
    return self.repeat(count)
  },
  replace: (self, part, by) => self.replaceAll(textOf(part), () => textOf(by)),
  replaceAll: (self, pattern, by) =>
    replaceMatches(self, textOf(pattern), textOf(by), Number.POSITIVE_INFINITY),
  replaceFirst: (self, pattern, by) => replaceMatches(self, textOf(pattern), textOf(by), 1),
  split: (self, pattern, limit) => splitText(self, textOf(pattern), integer(limit ?? 0)),
  startsWith: (self, part, from) => self.startsWith(textOf(part), integer(from ?? 0)),
  strip: self => self.trim(),
  substring: (self, from, to) => {
    const [begin, end] = [integer(from), to === undefined ? self.length : integer(to)]
    return begin < 0 || end > self.length || begin > end ? outside() : self.slice(begin, end)
  },
  toCharArray: self => [...self],
  toLowerCase: self => self.toLowerCase(),
  toUpperCase: self => self.toUpperCase(),
  trim: self => self.trim(),
}

/** Members of a list that a template makes. */
export const LONGEST_LIST = 100_000

const LIST: Methods<unknown[]> = {
  add: (self, first, second) => {
    if (self.length >= LONGEST_LIST) throw new TemplateError('a list grew too long')
    if (second === undefined) {
      self.push(first)
      return true
    }
    self.splice(integer(first), 0, second)
    return null
  },
  addAll: (self, others) => {
    const added = Array.isArray(others) ? others : []
    if (self.length + added.length > LONGEST_LIST) throw new TemplateError('a list grew too long')
    self.push(...added)
    return added.length > 0
  },
  clear: self => {
    self.length = 0
    return null
  },
  contains: (self, value) => self.some(each => isSame(each, value)),
  containsAll: (self, values) =>
    othersOf(self, values).every(value => self.some(each => isSame(each, value))),
  get: (self, at) => (integer(at) in self ? self[integer(at)] : outside()),
  indexOf: (self, value) => self.findIndex(each => isSame(each, value)),
  isEmpty: self => self.length === 0,
  iterator: self => self,
  lastIndexOf: (self, value) => self.findLastIndex(each => isSame(each, value)),
  /** By its place where that is a number, else the first one that equals. */
  remove: (self, what) => {
    if (typeof what === 'number') return what in self ? self.splice(what, 1)[0] : outside()
    const at = self.findIndex(each => isSame(each, what))
    if (at >= 0) self.splice(at, 1)
    return at >= 0
  },
  removeAll: (self, values) => {
    const others = othersOf(self, values)
    return keep(self, each => !others.some(value => isSame(each, value)))
  },
  retainAll: (self, values) => {
    const others = othersOf(self, values)
    return keep(self, each => others.some(value => isSame(each, value)))
  },
  set: (self, at, value) => {
    const index = integer(at)
    if (!(index in self)) return outside()
    const before = self[index]
    self[index] = value
    return before
  },
  size: self => self.length,
  subList: (self, from, to) => {
    const [begin, end] = [integer(from), integer(to)]
    return begin < 0 || end > self.length || begin > end ? outside() : self.slice(begin, end)
  },
  toArray: self => [...self],
}

const MAP: Methods<PlainMap> = {
  clear: self => {
    for (const key of Object.keys(self)) delete self[key]
    return null
  },
  containsKey: (self, key) => Object.hasOwn(self, textOf(key)),
  containsValue: (self, value) => Object.values(self).some(each => isSame(each, value)),
  entrySet: self => Object.keys(self).map(key => new MapEntry(self, key)),
  get: (self, key) => ownField(self, textOf(key)),
  getOrDefault: (self, key, other) => ownField(self, textOf(key)) ?? other,
  isEmpty: self => Object.keys(self).length === 0,
  keySet: self => Object.keys(self),
  put: (self, key, value) => {
    const before = ownField(self, textOf(key))
    setField(self, textOf(key), value)
    return before
  },
  putAll: (self, others) => {
    if (isMap(others)) for (const [key, value] of Object.entries(others)) setField(self, key, value)
    return null
  },
  putIfAbsent: (self, key, value) => {
    const before = ownField(self, textOf(key))
    if (before === undefined || before === null) setField(self, textOf(key), value)
    return before
  },
  remove: (self, key) => {
    const before = ownField(self, textOf(key))
    if (before !== undefined) delete self[textOf(key)]
    return before
  },
  size: self => Object.keys(self).length,
  values: self => Object.values(self),
}

const NUMBER: Methods<number | bigint | WholeDouble> = {
  compareTo: (self, other) => Math.sign(Number(textOf(self)) - Number(textOf(other))),
  doubleValue: self => (self instanceof WholeDouble ? self : Number(self)),
  intValue: self => Math.trunc(Number(textOf(self))),
  longValue: self => Math.trunc(Number(textOf(self))),
  parseInt: (_, text) => parsed(text),
}

const BOOLEAN: Methods<boolean> = {
  booleanValue: self => self,
}

/**
 * What `$value.name(...)` gives, by the methods that Java has for such a value; null for a name that is none.
 * Nothing of JavaScript's own can be called. Throws a TemplateError where Java would throw.
 */
export function callMethod(value: unknown, name: string, args: readonly unknown[]): unknown {
  if (value instanceof TemplateObject) return value.call(name, args) ?? callAny(value, name, args)
  if (typeof value === 'string') return call(STRING, value, name, args)
  if (Array.isArray(value)) return call(LIST, value, name, args)
  if (isMap(value)) return call(MAP, value, name, args)
  if (isNumeric(value)) return call(NUMBER, value, name, args)
  if (typeof value === 'boolean') return call(BOOLEAN, value, name, args)
  return null
}

function call<T>(methods: Methods<T>, self: T, name: string, args: readonly unknown[]): unknown {
  const method = ownField(methods, name)
  return method ? method(self, ...args) : callAny(self, name, args)
}

const callAny = (self: unknown, name: string, args: readonly unknown[]): unknown =>
  ownField(ANY, name)?.(self, ...args) ?? null

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'list' : isNumeric(value) ? 'number' : typeof value

const isSame = (one: unknown, other: unknown): boolean => typeOf(one) === typeOf(other) && isEqual(one, other)

/** A list that each member of `self` is compared with all members of. */
function othersOf(self: readonly unknown[], value: unknown): readonly unknown[] {
  const others: readonly unknown[] = Array.isArray(value) ? value : []
  spend((self.length * others.length) / 8)
  return others
}

function keep(list: unknown[], isKept: (each: unknown) => boolean): boolean {
  const kept = list.filter(isKept)
  const changed = kept.length < list.length
  list.splice(0, list.length, ...kept)
  return changed
}

function integer(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new TemplateError('an integer was expected')
}

function parsed(text: unknown): number {
  const number = Number(textOf(text))
  if (/^[+-]?\d+$/.test(textOf(text)) && Number.isSafeInteger(number)) return number
  throw new TemplateError('a text that is no integer was read as one')
}

function inside(text: string, at: unknown): number {
  const index = integer(at)
  return index >= 0 && index < text.length ? index : outside()
}

function outside(): never {
  throw new TemplateError('an index lies outside')
}

/** `String.hashCode` */
function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
