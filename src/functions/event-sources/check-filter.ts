import { isJsonObject, type JsonObject, parseJsonObject } from '../../lib/json-object.ts'

/** Whether a text is a filter pattern as EventBridge has them: an object whose leaves are lists of what may match. */
export function isFilterPattern(text: string): boolean {
  const pattern = parseJsonObject(text)
  return pattern !== undefined && Object.keys(pattern).length > 0 && isBranch(pattern)
}

function isBranch(branch: JsonObject): boolean {
  return Object.entries(branch).every(([key, value]) => {
    if (key === '$or') {
      return (
        Array.isArray(value) && value.length > 1 && value.every(each => isJsonObject(each) && isBranch(each))
      )
    }
    if (Array.isArray(value)) return value.length > 0 && value.every(isRule)
    return isJsonObject(value) && isBranch(value)
  })
}

const isScalar = (value: unknown): boolean =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

function isRule(rule: unknown): boolean {
  if (isScalar(rule)) return true
  if (!isJsonObject(rule)) return false
  const [entry, ...more] = Object.entries(rule)
  if (entry === undefined || more.length > 0) return false
  const [operator, operand] = entry
  return Object.hasOwn(OPERATORS, operator) && OPERATORS[operator]!(operand)
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isTextOrTexts = (value: unknown): boolean =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText))
const isTextInAnyCase = (value: unknown): boolean =>
  isText(value) ||
  (isJsonObject(value) && Object.keys(value).length === 1 && isText(value['equals-ignore-case']))

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax */
const OPERATORS: Readonly<Record<string, (operand: unknown) => boolean>> = {
  exists: operand => typeof operand === 'boolean',
  prefix: isTextInAnyCase,
  suffix: isTextInAnyCase,
  wildcard: isText,
  cidr: isText,
  'equals-ignore-case': isText,
  numeric: isComparison,
  'anything-but': operand => {
    if (isJsonObject(operand)) {
      const [entry, ...more] = Object.entries(operand)
      return (
        entry !== undefined &&
        more.length === 0 &&
        ['prefix', 'suffix', 'wildcard', 'equals-ignore-case'].includes(entry[0]) &&
        isTextOrTexts(entry[1])
      )
    }
    const values = Array.isArray(operand) ? operand : [operand]
    return values.length > 0 && (values.every(isText) || values.every(each => typeof each === 'number'))
  },
}

/** `["=", 5]` or a range: `[">", 0, "<=", 5]` */
function isComparison(operand: unknown): boolean {
  if (!Array.isArray(operand)) return false
  const [first, number, second, other] = operand
  if (typeof number !== 'number') return false
  if (operand.length === 2) return ['=', '<', '<=', '>', '>='].includes(first)
  return (
    operand.length === 4 &&
    ['>', '>='].includes(first) &&
    ['<', '<='].includes(second) &&
    typeof other === 'number' &&
    number < other
  )
}
