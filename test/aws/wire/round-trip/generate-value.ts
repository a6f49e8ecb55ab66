import type { NormalizedSchema } from '@smithy/core/schema'
import {
  DATE_TIME,
  EPOCH_SECONDS,
  formatOf,
  HTTP_DATE,
} from '../../../../src/aws/wire/protocols/timestamps.ts'
import { randomSource } from '../../../random-source.ts'

const DEEPEST = 5
const TEXT = [...'abcXYZ019 -_.~/:?#[]@!$&\'()*+,;=%<>"\\{}|^`äß€漢🜚\n\t']
const PLAIN_TEXT = [...'abcXYZ019-_.~/:?#[]@!$&()*+;=<>{}|^`']
const KEYS = ['a', 'Name', 'constructor', 'with space', 'dotted.name', 'ü/€', 'x&y=z']

/**
 * Values of shapes, such as a client would send and a service would answer.
 *
 * @param emptiness whether the protocol can tell an empty structure, list or map from none
 */
export class ValueGenerator {
  readonly #random: () => number
  readonly #emptiness: boolean

  constructor(seed: number, emptiness: boolean) {
    this.#random = randomSource(seed)
    this.#emptiness = emptiness
  }

  /** @param successStatus what a member that is the response's status has to be */
  structure(schema: NormalizedSchema, successStatus = 200, depth = 0): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    if (schema.isUnitSchema()) return value
    const members = [...schema.structIterator()]
    if (schema.isUnionSchema()) {
      // The shallowest unions have a scalar to end in.
      const [name, member] = depth < DEEPEST ? this.#pick(members) : members.find(([, m]) => isScalar(m))!
      value[name] = this.#value(member, depth + 1)
      return value
    }
    for (const [name, member] of members) {
      const traits = member.getMergedTraits()
      if (traits.httpResponseCode) value[name] = successStatus
      else if (isAlwaysThere(traits) || this.#random() < 0.8) {
        if (depth < DEEPEST || isScalar(member)) value[name] = this.#value(member, depth + 1)
      }
    }
    if (!this.#emptiness && Object.keys(value).length === 0 && members.length > 0) {
      const [name, member] = members.find(([, m]) => isScalar(m)) ?? members[0]!
      value[name] = this.#value(member, depth + 1)
    }
    return value
  }

  #value(schema: NormalizedSchema, depth: number): unknown {
    const traits = schema.getMergedTraits()
    const inHeader = traits.httpHeader !== undefined
    const isBound = inHeader || traits.httpLabel || traits.httpQuery !== undefined
    if (schema.isListSchema()) {
      const element = schema.getValueSchema()
      const least = isBound || !this.#emptiness || depth >= DEEPEST ? 1 : 0
      const length = depth > DEEPEST && !isScalar(element) ? 0 : this.#below(3 - least) + least
      return Array.from({ length }, () =>
        inHeader && element.isStringSchema() ? this.#text(PLAIN_TEXT) : this.#value(element, depth + 1),
      )
    }
    if (schema.isMapSchema()) {
      const element = schema.getValueSchema()
      const least = this.#emptiness ? 0 : 1
      // The client leaves out query parameters that are names of an object's own methods.
      const possible = traits.httpQueryParams ? KEYS.filter(key => !(key in {})) : KEYS
      const keys = possible.filter(() => this.#random() < 0.4).slice(0, depth > DEEPEST ? 1 : 3)
      if (keys.length < least) keys.push('only')
      return Object.fromEntries(keys.map(key => [key, this.#value(element, depth + 1)]))
    }
    if (schema.isStructSchema()) return this.structure(schema, 200, depth)
    if (schema.isBlobSchema()) return this.#bytes()
    if (schema.isTimestampSchema()) {
      const place = inHeader ? HTTP_DATE : isBound ? DATE_TIME : EPOCH_SECONDS
      const step = formatOf(schema, place) === HTTP_DATE ? 1000 : 1
      return new Date(Math.floor((this.#random() * 4e12) / step) * step)
    }
    if (schema.isBooleanSchema()) return this.#random() < 0.5
    if (schema.isNumericSchema()) return this.#below(2 ** 31) - 2 ** 30
    if (schema.isDocumentSchema()) return { text: this.#text(TEXT), list: [1, null, true, { a: 0.5 }] }
    return this.#text(inHeader ? PLAIN_TEXT : TEXT)
  }

  #bytes(): Uint8Array {
    return Uint8Array.from({ length: 1 + this.#below(40) }, () => this.#below(256))
  }

  /** Neither empty nor with blanks at its ends, which headers and XML do not keep. */
  #text(alphabet: readonly string[]): string {
    return `x${Array.from({ length: this.#below(12) }, () => this.#pick(alphabet)).join('')}y`
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }
}

/** Clients fill in these headers and idempotency tokens, and answers have a content type. */
const isAlwaysThere = (traits: ReturnType<NormalizedSchema['getMergedTraits']>): boolean =>
  Boolean(traits.httpLabel || traits.httpPayload || traits.idempotencyToken) ||
  ['accept', 'content-type'].includes(traits.httpHeader?.toLowerCase() ?? '')

const isScalar = (schema: NormalizedSchema): boolean =>
  !schema.isListSchema() && !schema.isMapSchema() && !schema.isStructSchema()

/** Whether a member is a stream of events, which has a protocol of its own. */
export function hasEventStream(schema: NormalizedSchema): boolean {
  return !schema.isUnitSchema() && schema.getEventStreamMember() !== ''
}
