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
