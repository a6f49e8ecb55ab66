import type { NormalizedSchema } from '@smithy/core/schema'
import { _parseRfc3339DateTimeWithOffset, _parseRfc7231DateTime, dateToUtcString } from '@smithy/core/serde'

/** Numbered as the SDK's schemas number them. */
export const DATE_TIME = 5
export const HTTP_DATE = 6
export const EPOCH_SECONDS = 7

export type TimestampFormat = typeof DATE_TIME | typeof HTTP_DATE | typeof EPOCH_SECONDS

/** The format that the model gives the member, else the one of the place where it stands. */
export function formatOf(schema: NormalizedSchema, ofPlace: TimestampFormat): TimestampFormat {
  const own = schema.getSchema()
  return own === DATE_TIME || own === HTTP_DATE || own === EPOCH_SECONDS ? own : ofPlace
}

const SECONDS = /^[+-]?\d{1,16}(?:\.\d{0,9})?(?:[eE][+]?\d{1,2})?$/

/** Reads text; undefined if it is not of the format. */
export function dateOf(text: string, format: TimestampFormat): Date | undefined {
  try {
    if (format === EPOCH_SECONDS) return SECONDS.test(text) ? dateOfSeconds(Number(text)) : undefined
    const date = format === HTTP_DATE ? _parseRfc7231DateTime(text) : _parseRfc3339DateTimeWithOffset(text)
    return date && !Number.isNaN(date.getTime()) ? date : undefined
  } catch {
    return undefined
  }
}

/** To the millisecond; an invalid date if there is none so far away. */
export const dateOfSeconds = (seconds: number): Date => new Date(Math.round(seconds * 1000))

export function dateText(date: Date, format: TimestampFormat): string {
  if (format === EPOCH_SECONDS) return String(date.getTime() / 1000)
  return format === HTTP_DATE ? dateToUtcString(date) : date.toISOString().replace('.000Z', 'Z')
}
