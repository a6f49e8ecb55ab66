import { Refusal } from '../../../lib/refusal.ts'

const say =
  (code: string) =>
  (message: string): Refusal =>
    new Refusal(code, message)

// In awsQuery these have the codes of former days: InvalidParameterValue, ValidationError ...
export const invalidValue = say('InvalidParameterValueException')
export const invalidCombination = say('InvalidParameterCombinationException')
export const missingParameter = say('MissingRequiredParameterException')

/** Of what the model's constraints do not say. */
export const validationError = say('ValidationException')
export const concurrentChange = say('ConcurrentModificationException')

/** "Special values (for example, NaN, +Infinity, -Infinity) are not supported." */
export const notFinite = (path: string, value: number): Refusal =>
  invalidValue(`The value ${value} for parameter ${parameterAt(path)} is invalid.`)

/** `metricData.1.member.value` as CloudWatch calls it: `MetricData.member.1.Value` */
const parameterAt = (path: string): string =>
  path
    .replaceAll(/(\d+)\.member/g, 'member.$1')
    .replaceAll(/\b(?!member\.\d)[a-z]/g, letter => letter.toUpperCase())
