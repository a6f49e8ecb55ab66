import { Refusal } from '../../../lib/refusal.ts'

const say =
  (code: string) =>
  (message: string): Refusal =>
    new Refusal(code, message)

export const invalid = say('InvalidParameterException')
export const notFound = say('ResourceNotFoundException')
export const alreadyExists = say('ResourceAlreadyExistsException')
export const limitExceeded = say('LimitExceededException')
export const tooManyTags = say('TooManyTagsException')
export const invalidOperation = say('InvalidOperationException')
export const aborted = say('OperationAbortedException')
export const invalidRequest = say('ValidationException')
export const sessionTimeout = say('SessionTimeoutException')

export const noSuchGroup = (): Refusal => notFound('The specified log group does not exist.')
export const noSuchStream = (): Refusal => notFound('The specified log stream does not exist.')
export const badToken = (): Refusal => invalid('The specified nextToken is invalid.')
