import fc from 'fast-check'
import { type ServiceFacts, type Shape, shapeAt } from '../../../src/aws/wire/constraints/facts.ts'
import type { RawRequest } from './raw-request.ts'

const ABSURD_NUMBERS = [
  0,
  -1,
  -0,
  0.1,
  1.5,
  1e21,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 31 - 1,
  2 ** 53,
  -(2 ** 63),
]

const ABSURD_STRINGS = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '/',
  '%',
  '%00',
  '\0',
  '\n',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '$LATEST',
  '*',
  "'; DROP TABLE resources; --",
  '{}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a stage variable as integrations write it
  '${stageVariables.x}',
  'arn:aws:lambda:us-east-1:000000000000:function:',
  'é\u202e🂡',
  'x'.repeat(300),
  'x'.repeat(70_000),
]

const anyJson = fc.jsonValue({ maxDepth: 3 })
const number = fc.oneof(fc.integer({ min: -10, max: 1000 }), fc.constantFrom(...ABSURD_NUMBERS), fc.double())

/** Mostly values of the shape's kind, within the model's limits or not; `known` are names that exist. */
function arbitraryValue(
  facts: ServiceFacts,
  index: number,
  known: readonly string[],
  depth: number,
): fc.Arbitrary<unknown> {
  const shape: Shape = shapeAt(facts, index)
  const inner = (of: number) => arbitraryValue(facts, of, known, depth + 1)
  const ofKind = (): fc.Arbitrary<unknown> => {
    if (depth > 4) return anyJson
    switch (shape[0]) {
      case 'string':
        return fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...(shape[1]?.enum ?? known)) },
          { weight: 2, arbitrary: fc.constantFrom(...ABSURD_STRINGS) },
          { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
        )
      case 'blob':
        return fc.oneof(fc.base64String(), fc.string(), fc.constant('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='))
      case 'boolean':
        return fc.boolean()
      case 'list':
        return fc.array(inner(shape[1]), { maxLength: 4 })
      case 'map':
        return fc.dictionary(
          fc.oneof(inner(shape[1]).map(String), fc.string(), fc.constantFrom('6', '__proto__')),
          inner(shape[2]),
          { maxKeys: 4 },
        )
      case 'structure':
        return fc.record(
          Object.fromEntries(Object.entries(shape[2]).map(([name, member]) => [name, inner(member)])),
          { requiredKeys: [] },
        )
      case 'any':
        return anyJson
      default:
        return number
    }
  }
  return fc.oneof({ weight: 9, arbitrary: ofKind() }, { weight: 1, arbitrary: anyJson })
}

export interface ArbitraryCall {
  readonly operation: string
  readonly request: RawRequest
}

/** A call of some operation of a service whose input holds anything: names that exist, absurd values, wrong types. */
export function arbitraryCall(
  facts: ServiceFacts,
  operations: readonly string[],
  known: readonly string[],
): fc.Arbitrary<ArbitraryCall> {
  const label = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.constantFrom(...ABSURD_STRINGS) },
    { weight: 1, arbitrary: fc.string() },
  )
  return fc.constantFrom(...operations).chain(operation => {
    const [method, uri, input] = facts.operations[operation]!
    const labels = [...uri.matchAll(/\{(.+?)\+?\}/g)].map(match => match[1]!)
    return fc
      .record({
        labels: fc.record(Object.fromEntries(labels.map(name => [name, label]))),
        input: input === undefined ? anyJson : arbitraryValue(facts, input, known, 0),
        inQuery: fc.boolean(),
      })
      .map(({ labels: values, input: members, inQuery }) => {
        let target = uri.replace(/\{(.+?)\+?\}/g, (_, name: string) => encode(String(values[name])))
        const body = JSON.stringify(members)
        if (inQuery && members !== null && typeof members === 'object') {
          const query = Object.entries(members)
            .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
            .map(([name, value]) => `${encode(name)}=${encode(String(value).slice(0, 2000))}`)
          if (query.length > 0) target += `${target.includes('?') ? '&' : '?'}${query.join('&')}`
        }
        const carriesBody = method !== 'GET' && method !== 'DELETE'
        return {
          operation,
          request: {
            method,
            target,
            headers: { 'content-type': 'application/json' },
            body: carriesBody ? body : undefined,
          },
        }
      })
  })
}

/** Percent-encoded as clients do; an unpaired surrogate, which has no encoding, becomes U+FFFD. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
