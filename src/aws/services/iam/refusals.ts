import { Refusal } from '../../../lib/refusal.ts'

export const noSuchEntity = (message: string): Refusal => new Refusal('NoSuchEntityException', message)

export const alreadyExists = (message: string): Refusal =>
  new Refusal('EntityAlreadyExistsException', message)

export const deleteConflict = (message: string): Refusal => new Refusal('DeleteConflictException', message)

export const malformedPolicy = (message: string): Refusal =>
  new Refusal('MalformedPolicyDocumentException', message)

export const limitExceeded = (message: string): Refusal => new Refusal('LimitExceededException', message)

export const invalidInput = (message: string): Refusal => new Refusal('InvalidInputException', message)

export const validationError = (message: string): Refusal => new Refusal('ValidationError', message)

export const concurrentModification = (cause: unknown): Refusal =>
  new Refusal(
    'ConcurrentModificationException',
    'Request was rejected because multiple requests to change this object were submitted simultaneously.',
    { cause },
  )
