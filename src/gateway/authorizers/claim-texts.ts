import { setField } from '../../lib/fields.ts'
import type { JsonObject } from '../../lib/json-object.ts'
import { utcDateText } from '../../lib/utc-date-text.ts'

/** Claims that are moments: of these alone API Gateway makes dates; `auth_time` stays a number. */
const TIMES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf'])

/**
 * Claims as `$context.authorizer.claims` and events have them: API Gateway is seen to make texts of all of them, of
 * moments as Java's dates are written, of lists with commas between.
 */
export function claimTexts(claims: JsonObject): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(claims)) {
    if (value === null || value === undefined) continue
    setField(texts, name, TIMES.has(name) && isMoment(value) ? utcDateText(value * 1000) : textOf(value))
  }
  return texts
}

/** The latest moment that there is a date of, in seconds. */
const LAST = 8.64e12

const isMoment = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= LAST

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
