/** Whether a string is of a format, and what to say when it is not. */
interface Format {
  readonly test: (text: string) => boolean
  readonly error: (text: string) => string
}

const format = (test: Format['test'], what: string): Format => ({
  test,
  error: text => `string "${text}" is not a valid ${what}`,
})

/** None of these expressions can take more than linear time. */
const matches = (pattern: RegExp) => (text: string) => pattern.test(text)

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const DATE_TIME = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,12})?(Z|[+-]\d{2}:?\d{2})$/
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const NOT_IN_URI = /[\s"<>\\^`{|}]|%(?![0-9a-f]{2})/i

/**
 * The formats that are checked; every other one is a remark, as in JSON Schema.
 * https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00#section-7.3
 */
export const FORMATS: ReadonlyMap<string, Format> = new Map([
  [
    'date-time',
    {
      test: isDateTime,
      error: text =>
        `string "${text}" is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]`,
    },
  ],
  ['email', format(isEmail, 'email address')],
  ['hostname', format(isHostname, 'hostname')],
  ['ipv4', format(matches(IPV4), 'IPv4 address')],
  ['ipv6', format(isIpv6, 'IPv6 address')],
  ['regex', format(isRegex, 'ECMA 262 regular expression')],
  ['uri', format(isUri, 'URI')],
  ['uuid', { test: matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i), error: notA('UUID') }],
  ['mac', { test: matches(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i), error: notA('MAC address') }],
  ['json-pointer', { test: matches(/^(?:\/(?:[^~/]|~[01])*)*$/), error: notA('JSON Pointer') }],
])

function notA(what: string) {
  return (text: string) => `input string "${text}" is not a valid ${what}`
}

function isDateTime(text: string): boolean {
  const [, date] = DATE_TIME.exec(text) ?? []
  if (!date) return false
  const parsed = new Date(`${date}T00:00:00Z`)
  // A date that there is not rolls over into the next month.
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date)
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  return at > 0 && at <= 64 && !/[\s<>()[\],;:\\"@]/.test(text.slice(0, at)) && isHostname(text.slice(at + 1))
}

function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  return name.length <= 253 && name.split('.').every(label => LABEL.test(label))
}

function isIpv6(text: string): boolean {
  if (text.length > 45 || !/^[0-9a-f:.]+$/i.test(text)) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)
  const embedsIpv4 = last?.includes('.') === true && text.endsWith(last)
  const plain = embedsIpv4 ? groups.slice(0, -1) : groups
  if (embedsIpv4 && !IPV4.test(last)) return false
  if (!plain.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return false
  const count = plain.length + (embedsIpv4 ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

export function isRegex(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

/** An absolute one or a reference: both pass at API Gateway. */
function isUri(text: string): boolean {
  if (NOT_IN_URI.test(text)) return false
  const scheme = SCHEME.exec(text)
  return scheme === null || text.length > scheme[0].length
}
