import { Refusal } from '../../../lib/refusal.ts'

const say =
  (code: string) =>
  (message: string): Refusal =>
    new Refusal(code, message)

/** SNS begins all of them so. */
export const invalidParameter = (what: string): Refusal =>
  new Refusal('InvalidParameterException', `Invalid parameter: ${what}`)

export const invalidValue = say('InvalidParameterValueException')
export const notFound = say('NotFoundException')
export const resourceNotFound = say('ResourceNotFoundException')
export const authorizationError = say('AuthorizationErrorException')

export const noSuchSubscription = (): Refusal => notFound('Subscription does not exist')

export const othersAreFaster = (): Refusal =>
  new Refusal('ThrottledException', 'Others keep changing this at the same time. Try again.')
