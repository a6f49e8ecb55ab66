import type { Limits } from './facts.ts'
import { enumSetOrder } from './java-order.ts'
import { javaDouble } from './show-value.ts'

export type ConstraintKind =
  | 'required'
  | 'pattern'
  | 'enum'
  | 'min-length'
  | 'max-length'
  | 'min-value'
  | 'max-value'
  | 'elements'
  | 'map-keys'
  | 'map-values'

/** One constraint that a member of the input does not satisfy. */
export interface Violation {
  /** The member as AWS writes it: `functionName`, `tags.1.member.key`, `requestItems.table.member.keys`. */
  readonly path: string
  readonly kind: ConstraintKind
  /** The value as Java writes it; null if there is none, undefined if it is sensitive and not repeated. */
  readonly shown: string | null | undefined
  /** AWS's sentence, e.g. `Member must have length less than or equal to 64`. */
  readonly constraint: string
  /** What the constraint asks for: a number (as text if a double cannot hold it), a pattern, an enum's values. */
  readonly limit: number | string | readonly string[] | undefined
}

export type Constraint = Pick<Violation, 'kind' | 'constraint' | 'limit'>

export const NOT_NULL: Constraint = {
  kind: 'required',
  constraint: 'Member must not be null',
  limit: undefined,
}

/** The sentences of the constraints that a shape's limits make. `decimal`: limits are written as doubles. */
export function constraintOf(
  kind: Exclude<ConstraintKind, 'required' | 'elements' | 'map-keys' | 'map-values'>,
  limits: Limits,
  decimal = false,
): Constraint {
  const number = (limit: number | string | undefined) => (decimal ? javaDouble(Number(limit)) : String(limit))
  switch (kind) {
    case 'pattern':
      return {
        kind,
        constraint: `Member must satisfy regular expression pattern: ${limits.pattern}`,
        limit: limits.pattern,
      }
    case 'enum':
      return {
        kind,
        constraint: `Member must satisfy enum value set: [${enumSetOrder(limits.enum ?? []).join(', ')}]`,
        limit: limits.enum,
      }
    case 'min-length':
      return {
        kind,
        constraint: `Member must have length greater than or equal to ${limits.min}`,
        limit: limits.min,
      }
    case 'max-length':
      return {
        kind,
        constraint: `Member must have length less than or equal to ${limits.max}`,
        limit: limits.max,
      }
    case 'min-value':
      return {
        kind,
        constraint: `Member must have value greater than or equal to ${number(limits.min)}`,
        limit: limits.min,
      }
    case 'max-value':
      return {
        kind,
        constraint: `Member must have value less than or equal to ${number(limits.max)}`,
        limit: limits.max,
      }
  }
}

/**
 * The message of AWS's `ValidationException`, e.g. `1 validation error detected: Value '0' at 'memorySize' failed
 * to satisfy constraint: Member must have value greater than or equal to 128`.
 */
export function describeViolations(violations: readonly Violation[]): string {
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: `
  return count + violations.map(describe).join('; ')
}

function describe({ path, shown, constraint }: Violation): string {
  const value = shown === undefined ? 'Value' : shown === null ? 'Value null' : `Value '${shown}'`
  return `${value} at '${path}' failed to satisfy constraint: ${constraint}`
}
