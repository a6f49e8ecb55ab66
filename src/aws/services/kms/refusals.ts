import { Refusal } from '../../../lib/refusal.ts'

const say =
  (code: string) =>
  (message: string): Refusal =>
    new Refusal(code, message)

export const notFound = say('NotFoundException')
export const invalid = say('ValidationException')
export const unsupported = say('UnsupportedOperationException')
export const malformedPolicy = say('MalformedPolicyDocumentException')
export const invalidState = say('KMSInvalidStateException')
export const limitExceeded = say('LimitExceededException')
export const invalidTag = say('TagException')
export const accessDenied = say('AccessDeniedException')

export const noSuchKey = (arn: string): Refusal => notFound(`Key '${arn}' does not exist`)

/** KMS says no more than the code. */
export const invalidCiphertext = (): Refusal => new Refusal('InvalidCiphertextException', '')

export const incorrectKey = (): Refusal =>
  new Refusal(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  )

/** Of a blob whose key is gone, or was never here: it is not told which. */
export const unknownBlobKey = (): Refusal =>
  accessDenied(
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  )
