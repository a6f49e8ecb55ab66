/** Times and numbers as CloudWatch writes them in reasons and messages. Times are epoch milliseconds. */

/** `2023-08-04T12:54:46.138+0000` */
export const awsTime = (at: number): string => new Date(at).toISOString().replace('Z', '+0000')

/** `04/08/23 12:54:46` */
export function shortDate(at: number): string {
  const [date, time] = new Date(at).toISOString().split('T') as [string, string]
  const [year, month, day] = date.split('-') as [string, string, string]
  return `${day}/${month}/${year.slice(-2)} ${time.slice(0, 8)}`
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** `Friday 04 August, 2023 12:54:46 UTC` */
export function longDate(at: number): string {
  const date = new Date(at)
  const iso = date.toISOString()
  return `${DAYS[date.getUTCDay()]} ${iso.slice(8, 10)} ${MONTHS[date.getUTCMonth()]}, ${iso.slice(0, 4)} ${iso.slice(11, 19)} UTC`
}

/** As Java writes a double: `50.0`, `1.0E7`, `1.5E-4`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : value < 0 ? '-Infinity' : 'NaN'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}
