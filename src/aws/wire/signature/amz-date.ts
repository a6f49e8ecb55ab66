const BASIC_FORMAT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|UTC|[+-]0000)$/

/** ISO 8601 basic format in whole seconds of UTC, as signatures carry it: `20150830T123600Z`. */
export function formatAmzDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}|[-:]/g, '')
}

/** Milliseconds since the epoch, or undefined for anything but a real moment in the basic format. */
export function parseAmzDate(text: string): number | undefined {
  const fields = BASIC_FORMAT.exec(text)
  if (!fields) return undefined
  const [year, month, day, hour, minute, second] = fields.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries 31 February over into March and reads the years 0 to 99 as 1900 to 1999.
  return formatAmzDate(milliseconds) === text ? milliseconds : undefined
}

/**
 * The `Date` header as a signature's date. AWS documents the basic format there too, clients that set the header
 * for HTTP's sake send HTTP's own format; the string to sign has the basic format either way.
 */
export function amzDateOfHttpDate(text: string): string | undefined {
  if (parseAmzDate(text) !== undefined) return text
  if (!HTTP_DATE.test(text)) return undefined
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : formatAmzDate(milliseconds)
}
