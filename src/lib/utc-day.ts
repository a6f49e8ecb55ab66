/** Milliseconds. */
export const DAY_MS = 86_400_000

/** The UTC day of a moment (epoch milliseconds), as `YYYY-MM-DD`: days sort and compare as text. */
export function utcDay(at: number): string {
  // Nearly always the day that was asked for before.
  if (!(at >= known.from && at < known.from + DAY_MS)) {
    known = { from: Math.floor(at / DAY_MS) * DAY_MS, text: new Date(at).toISOString().slice(0, 10) }
  }
  return known.text
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** Whether a text is a day that there is, `2026-02-28`. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false
  const at = Date.parse(text)
  // Date.parse knows no 32nd of January, but takes the 30th of February for the 2nd of March.
  return !Number.isNaN(at) && utcDay(at) === text
}

let known = { from: 0, text: '1970-01-01' }
