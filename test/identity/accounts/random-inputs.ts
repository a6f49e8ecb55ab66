import { type ServiceFacts, type Shape, shapeAt } from '../../../src/aws/wire/constraints/facts.ts'

/** Uniform in [0, 1). */
export type Random = () => number

export const oneOf = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!

/** Values for members, by their names in lower case. */
export type Values = Readonly<Record<string, readonly unknown[]>>

/** Optional members that are left out mostly; those that {@link Values} has a value for are not. */
const OPTIONAL = 0.15
const KNOWN_OPTIONAL = 0.6

/** An input for an operation: what the model asks for, filled with what `values` has for it. */
export function randomInput(
  facts: ServiceFacts,
  operation: string,
  values: Values,
  random: Random,
): Record<string, unknown> {
  const index = facts.operations[operation]?.[2]
  if (index === undefined) return {}
  return filled(shapeAt(facts, index), '', 0) as Record<string, unknown>

  function filled(shape: Shape, name: string, depth: number): unknown {
    const known = values[name.toLowerCase()]
    if (known && shape[0] !== 'structure' && shape[0] !== 'list' && shape[0] !== 'map') {
      return oneOf(random, known)
    }
    switch (shape[0]) {
      case 'structure': {
        const [, , members, required = []] = shape
        const chosen = Object.entries(members).filter(([member]) => {
          if (required.includes(member)) return true
          return depth < 3 && random() < (values[member.toLowerCase()] ? KNOWN_OPTIONAL : OPTIONAL)
        })
        return Object.fromEntries(
          chosen.map(([member, at]) => [member, filled(shapeAt(facts, at), member, depth + 1)]),
        )
      }
      case 'list':
        return [filled(shapeAt(facts, shape[1]), name, depth + 1)]
      case 'map':
        return {
          [String(filled(shapeAt(facts, shape[1]), '', depth))]: filled(shapeAt(facts, shape[2]), '', depth),
        }
      case 'string':
        return oneOf(random, shape[1]?.enum ?? ['text-7', 'another'])
      case 'blob':
        return new TextEncoder().encode('{}')
      case 'boolean':
        return random() < 0.5
      case 'timestamp':
        return new Date(Date.UTC(2026, 0, 1) + random() * 1e9)
      case 'any':
        return undefined
      default:
        return Math.max(1, Number(shape[1]?.min ?? 1))
    }
  }
}
