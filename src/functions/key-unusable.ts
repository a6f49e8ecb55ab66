/**
 * A function's variables cannot be decrypted, because of the KMS key that it has for them. `code` is as Invoke answers.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
export class KeyUnusable extends Error {
  readonly code: KeyTrouble

  constructor(code: KeyTrouble, message: string = SENTENCES[code]) {
    super(message)
    this.code = code
  }
}

export type KeyTrouble =
  | 'KMSAccessDeniedException'
  | 'KMSDisabledException'
  | 'KMSInvalidStateException'
  | 'KMSNotFoundException'

const SENTENCES: Readonly<Record<KeyTrouble, string>> = {
  KMSAccessDeniedException:
    "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's KMS key settings.",
  KMSDisabledException:
    "Lambda was unable to decrypt the environment variables because the KMS key used is disabled. Please check the function's KMS key settings.",
  KMSInvalidStateException:
    "Lambda was unable to decrypt the environment variables because the state of the KMS key used is not valid for Decrypt. Please check the function's KMS key settings.",
  KMSNotFoundException:
    "Lambda was unable to decrypt the environment variables because the KMS key was not found. Please check the function's KMS key settings.",
}
