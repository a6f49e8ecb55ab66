import type { AuthFlowType } from '@aws-sdk/client-cognito-identity-provider'
import { Refusal } from '../../lib/refusal.ts'

// Sentences as Cognito itself answers them; clients match on some of them.

export const notAuthorized = (message: string): Refusal => new Refusal('NotAuthorizedException', message)
export const invalidParameter = (message: string): Refusal =>
  new Refusal('InvalidParameterException', message)

/** Also of users whom nobody may learn about. */
export const wrongCredentials = (): Refusal => notAuthorized('Incorrect username or password.')
export const noSuchUser = (): Refusal => new Refusal('UserNotFoundException', 'User does not exist.')
export const disabled = (): Refusal => notAuthorized('User is disabled.')
export const notConfirmed = (): Refusal => new Refusal('UserNotConfirmedException', 'User is not confirmed.')
export const resetRequired = (): Refusal =>
  new Refusal('PasswordResetRequiredException', 'Password reset required for the user')
export const temporaryPasswordExpired = (): Refusal =>
  notAuthorized('Temporary password has expired and must be reset by an administrator.')

export const missing = (name: string): Refusal => invalidParameter(`Missing required parameter ${name}`)
/** Cognito says it in three ways. */
export const flowNotEnabled = (flow: AuthFlowType): Refusal => {
  if (flow === 'USER_PASSWORD_AUTH') return invalidParameter(`${flow} flow not enabled for this client`)
  if (flow.startsWith('ADMIN_')) return invalidParameter('Auth flow not enabled for this client')
  return invalidParameter(`${flow} is not enabled for the client.`)
}
export const flowNotSupported = (): Refusal => invalidParameter('Initiate Auth method not supported.')

export const invalidSession = (): Refusal => notAuthorized('Invalid session for the user.')
export const expiredSession = (): Refusal =>
  notAuthorized('Invalid session for the user, session is expired.')

export const wrongCode = (): Refusal => new Refusal('CodeMismatchException', 'Invalid code received for user')
export const usedTokenCode = (): Refusal =>
  new Refusal('ExpiredCodeException', 'Your software token has already been used once.')
export const noSoftwareToken = (): Refusal =>
  new Refusal('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the user')

export const invalidRefreshToken = (): Refusal => notAuthorized('Invalid Refresh Token')
export const expiredRefreshToken = (): Refusal => notAuthorized('Refresh Token has expired')
export const revokedRefreshToken = (): Refusal => notAuthorized('Refresh Token has been revoked')
export const reusedRefreshToken = (): Refusal =>
  new Refusal('RefreshTokenReuseException', 'Refresh Token has been used before')
