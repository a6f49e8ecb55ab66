import { ipRange } from '../../../lib/ip-range.ts'
import { memberOf } from './discover-fields.ts'
import { Instant, numberOf, type QueryValue, textOf } from './query-value.ts'

export interface QueryFunction {
  /** How many arguments it takes. */
  readonly least: number
  readonly most: number
  readonly apply: (values: readonly QueryValue[], now: number) => QueryValue
}

const numeric = (of: (x: number) => number): QueryFunction => ({
  least: 1,
  most: 1,
  apply: ([value]) => finite(numberOf(value), of),
})

const extreme = (of: (...numbers: number[]) => number): QueryFunction => ({
  least: 1,
  most: 100,
  apply: values => {
    const numbers = values.map(numberOf).filter(number => number !== undefined)
    return numbers.length > 0 ? of(...numbers) : undefined
  },
})

/** Of texts, of which the first must be there. */
const textual = (
  least: number,
  most: number,
  of: (text: string, ...others: (string | undefined)[]) => QueryValue,
): QueryFunction => ({
  least,
  most,
  apply: values => {
    const [text, ...others] = values.map(textOf)
    return text === undefined ? undefined : of(text, ...others)
  },
})

const trimmed = (begin: boolean, end: boolean) =>
  textual(1, 2, (text, chars) => {
    const isCut = (char: string) => (chars === undefined ? /\s/.test(char) : chars.includes(char))
    let [from, to] = [0, text.length]
    while (begin && from < to && isCut(text[from]!)) from += 1
    while (end && to > from && isCut(text[to - 1]!)) to -= 1
    return text.slice(from, to)
  })

/** Whether a text is an address, of one version or either. */
function isAddress(text: string, version?: 4 | 6): boolean {
  if (text.includes('/') || !ipRange(text)) return false
  return version === undefined || text.includes(':') === (version === 6)
}

const validIp = (version?: 4 | 6) => textual(1, 1, address => isAddress(address, version))

const inSubnet = (version?: 4 | 6) =>
  textual(
    2,
    2,
    (address, subnet = '') => isAddress(address, version) && (ipRange(subnet)?.(address) ?? false),
  )

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html */
const FUNCTIONS = {
  abs: numeric(Math.abs),
  ceil: numeric(Math.ceil),
  floor: numeric(Math.floor),
  greatest: extreme(Math.max),
  least: extreme(Math.min),
  log: numeric(Math.log),
  sqrt: numeric(Math.sqrt),
  frommillis: { least: 1, most: 1, apply: ([ms]) => instant(numberOf(ms)) },
  tomillis: {
    least: 1,
    most: 1,
    apply: ([value]) => (value instanceof Instant ? value.ms : numberOf(value)),
  },
  // Seconds, as sample queries compare it.
  now: { least: 0, most: 0, apply: (_, now) => Math.floor(now / 1000) },
  ispresent: { least: 1, most: 1, apply: ([value]) => value !== undefined },
  coalesce: { least: 1, most: 100, apply: values => values.find(value => value !== undefined) },
  jsonparse: textual(1, 1, parsed),
  jsonstringify: {
    least: 1,
    most: 1,
    apply: ([value]) => (value === undefined ? undefined : JSON.stringify(value)),
  },
  isvalidip: validIp(),
  isvalidipv4: validIp(4),
  isvalidipv6: validIp(6),
  isipinsubnet: inSubnet(),
  isipv4insubnet: inSubnet(4),
  isipv6insubnet: inSubnet(6),
  isempty: { least: 1, most: 1, apply: ([value]) => value === undefined || value === '' },
  isblank: {
    least: 1,
    most: 1,
    apply: ([value]) => value === undefined || textOf(value)?.trim() === '',
  },
  concat: { least: 1, most: 100, apply: concatenated },
  ltrim: trimmed(true, false),
  rtrim: trimmed(false, true),
  trim: trimmed(true, true),
  strlen: textual(1, 1, text => [...text].length),
  toupper: textual(1, 1, text => text.toUpperCase()),
  tolower: textual(1, 1, text => text.toLowerCase()),
  substr: {
    least: 2,
    most: 3,
    apply: ([value, from, length]) => {
      const text = textOf(value)
      const begin = Math.max(0, numberOf(from) ?? 0)
      return text?.slice(begin, length === undefined ? undefined : begin + (numberOf(length) ?? 0))
    },
  },
  replace: textual(3, 3, replaced),
  strcontains: textual(2, 2, (text, search) => (search !== undefined && text.includes(search) ? 1 : 0)),
} satisfies Record<string, QueryFunction>

/** By its name in whatever case; undefined where there is none. */
export function functionNamed(name: string): QueryFunction | undefined {
  const key = name.toLowerCase()
  if (!Object.hasOwn(FUNCTIONS, key)) return undefined
  const { least, most, apply } = FUNCTIONS[key as keyof typeof FUNCTIONS]
  return { least, most, apply: (values, now) => bounded(apply(values, now)) }
}

/** As long as the longest event. Commands could make a text of a few characters fill the memory in a few steps. */
const LONGEST_TEXT = 1024 * 1024

/** Nothing of a text that nobody could read. */
const bounded = (value: QueryValue): QueryValue =>
  typeof value === 'string' && value.length > LONGEST_TEXT ? undefined : value

function concatenated(values: readonly QueryValue[]): QueryValue {
  const texts = values.map(value => textOf(value) ?? '')
  const length = texts.reduce((sum, text) => sum + text.length, 0)
  return length > LONGEST_TEXT ? undefined : texts.join('')
}

function replaced(text: string, search = '', replacement = ''): QueryValue {
  if (search === '') return text
  const pieces = text.split(search)
  const length = text.length + (pieces.length - 1) * (replacement.length - search.length)
  return length > LONGEST_TEXT ? undefined : pieces.join(replacement)
}

function finite(x: number | undefined, of: (x: number) => number): number | undefined {
  if (x === undefined) return undefined
  const y = of(x)
  return Number.isFinite(y) ? y : undefined
}

const instant = (ms: number | undefined): Instant | undefined =>
  ms === undefined ? undefined : new Instant(ms)

/** Parses a text as JSON; nothing of one that is none. */
function parsed(text: string): QueryValue {
  try {
    return memberOf({ value: JSON.parse(text) as unknown }, 'value')
  } catch {
    return undefined
  }
}
