const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const formatted = { second: Number.NaN, text: '' }

/** Common Log Format, UTC: `10/Oct/2000:13:55:36 +0000`. The last second's text is kept: an isolate serves many requests within one. */
export function commonLogTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second === formatted.second) return formatted.text
  const date = new Date(second * 1000)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  formatted.text = `${day}:${time} +0000`
  formatted.second = second
  return formatted.text
}
