/** Whoever has a token with it may change the user's own settings. */
export const USER_SCOPE = 'aws.cognito.signin.user.admin'

/**
 * What users let a client read of them, and what their own token lets them do themselves. Those of machines belong to
 * resource servers.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
 */
export const STANDARD_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'email',
  'phone',
  'profile',
  USER_SCOPE,
])
