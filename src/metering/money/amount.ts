/**
 * An amount of money, in billionths of its currency's unit. Never a floating-point number: prices of single requests
 * are small, and sums of them have to be exact.
 */
export type Nanos = bigint

export const NANOS_PER_UNIT = 1_000_000_000n

const AMOUNT = /^(-)?(\d{1,9})(?:\.(\d{1,9}))?$/

/** The amount that a decimal text says (`0.0000035`): at most nine digits on either side; undefined for other texts. */
export function parseAmount(text: unknown): Nanos | undefined {
  const match = typeof text === 'string' ? AMOUNT.exec(text) : null
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
