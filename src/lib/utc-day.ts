/** Milliseconds. */
export const DAY_MS = 86_400_000

/** The UTC day of a moment (epoch milliseconds), as `YYYY-MM-DD`: days sort and compare as text. */
export const utcDay = (at: number): string => new Date(at).toISOString().slice(0, 10)
