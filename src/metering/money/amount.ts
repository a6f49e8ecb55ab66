/**
 * An amount of money, in billionths of its currency's unit. Never a floating-point number: prices of single requests
 * are small, and sums of them have to be exact.
 */
export type Nanos = bigint

export const NANOS_PER_UNIT = 1_000_000_000n

const AMOUNT = /^(-)?(\d+)(?:\.(\d{1,9}))?$/

const MOST_GIVEN = 10n ** 18n

/**
 * The amount that somebody wrote as a decimal text (`0.0000035`): at most nine digits on either side; undefined for other
 * texts.
 */
export function parseAmount(text: unknown): Nanos | undefined {
  if (typeof text !== 'string' || text.length > 20) return undefined
  const nanos = read(text)
  return nanos !== undefined && nanos < MOST_GIVEN && nanos > -MOST_GIVEN ? nanos : undefined
}

/** What {@link formatAmount} wrote, however much it is: sums may be more than anybody may write. Throws on other texts. */
export function amountOf(text: string): Nanos {
  const nanos = read(text)
  if (nanos === undefined) throw new Error(`no amount: ${text}`)
  return nanos
}

function read(text: string): Nanos | undefined {
  const match = AMOUNT.exec(text)
  if (!match) return undefined
  const [, sign, units = '0', fraction = ''] = match
  const nanos = BigInt(units) * NANOS_PER_UNIT + BigInt(fraction.padEnd(9, '0'))
  return sign ? -nanos : nanos
}

/** As a decimal text, exactly. `digits`: so many behind the point at least. */
export function formatAmount(nanos: Nanos, digits = 0): string {
  const size = nanos < 0n ? -nanos : nanos
  const fraction = String(size % NANOS_PER_UNIT).padStart(9, '0')
  const kept = Math.max(digits, fraction.replace(/0+$/, '').length)
  const text = `${size / NANOS_PER_UNIT}${kept > 0 ? `.${fraction.slice(0, kept)}` : ''}`
  return nanos < 0n ? `-${text}` : text
}

/** The nearest whole number to a quotient; of two that are as near, the even one. `by` is positive. */
export function divideHalfEven(amount: bigint, by: bigint): bigint {
  let whole = amount / by
  let rest = amount % by
  if (rest < 0n) {
    whole -= 1n
    rest += by
  }
  const twice = rest * 2n
  return twice > by || (twice === by && whole % 2n !== 0n) ? whole + 1n : whole
}

/** To the smallest coin of a currency, which has so many digits behind the point; halves to the even one. */
export function roundToCoin(nanos: Nanos, digits: number): Nanos {
  const coin = 10n ** BigInt(9 - digits)
  return divideHalfEven(nanos, coin) * coin
}
