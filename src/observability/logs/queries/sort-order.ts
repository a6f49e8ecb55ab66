import { numberOf, type QueryValue, textOf } from './query-value.ts'

/**
 * The order of `sort`, ascending: nothing, then texts, then numbers. Texts are compared in parts, digits by the size of
 * the number. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
 */
export function compareForSort(a: QueryValue, b: QueryValue): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return x - y
  if (x !== undefined || y !== undefined) return x === undefined ? -1 : 1
  return compareTexts(textOf(a) ?? '', textOf(b) ?? '')
}

function compareTexts(a: string, b: string): number {
  const [partsOfA, partsOfB] = [partsOf(a), partsOf(b)]
  for (let i = 0; i < Math.min(partsOfA.length, partsOfB.length); i++) {
    const order = compareParts(partsOfA[i]!, partsOfB[i]!)
    if (order !== 0) return order
  }
  return partsOfA.length - partsOfB.length
}

/** Texts are compared this far: what comes later is hardly what somebody sorts by. */
const COMPARED = 1_000

const partsOf = (text: string): string[] => text.slice(0, COMPARED).match(/\d+|\D+/g) ?? []

function compareParts(a: string, b: string): number {
  const areDigits = /^\d/.test(a) && /^\d/.test(b)
  if (areDigits && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
