import type { ExplicitAuthFlowsType } from '@aws-sdk/client-cognito-identity-provider'
import type { ClientSettings, PoolRecord, PoolSettings } from './pool-records.ts'

/** What CreateUserPool sets where nothing is said, and UpdateUserPool sets back. */
const POOL_DEFAULTS = {
  DeletionProtection: 'INACTIVE',
  LambdaConfig: {},
  VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
  MfaConfiguration: 'OFF',
  EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
  UserPoolTier: 'ESSENTIALS',
} as const satisfies PoolSettings

/** https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html */
export const PASSWORD_POLICY = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 7,
} as const

/** Of a policy that is said: what it does not ask for is not asked for. */
const NOTHING_REQUIRED = {
  RequireUppercase: false,
  RequireLowercase: false,
  RequireNumbers: false,
  RequireSymbols: false,
} as const

/** All settings of a pool of which these are said. */
export function withDefaults(said: PoolSettings): PoolSettings {
  const { Policies, AdminCreateUserConfig, VerificationMessageTemplate } = said
  const policy = Policies?.PasswordPolicy
    ? { ...PASSWORD_POLICY, ...NOTHING_REQUIRED, ...Policies.PasswordPolicy }
    : PASSWORD_POLICY
  return {
    ...POOL_DEFAULTS,
    ...said,
    Policies: {
      PasswordPolicy: policy,
      SignInPolicy: Policies?.SignInPolicy ?? { AllowedFirstAuthFactors: ['PASSWORD'] },
    },
    VerificationMessageTemplate: {
      ...POOL_DEFAULTS.VerificationMessageTemplate,
      ...VerificationMessageTemplate,
    },
    AdminCreateUserConfig: {
      AllowAdminCreateUserOnly: false,
      // Of users that an administrator made and who have not signed in: as long as their temporary password.
      UnusedAccountValidityDays:
        policy.TemporaryPasswordValidityDays ?? PASSWORD_POLICY.TemporaryPasswordValidityDays,
      ...AdminCreateUserConfig,
    },
  }
}

/** Days. */
const REFRESH_TOKEN_VALIDITY = 30

/** Minutes. */
const AUTH_SESSION_VALIDITY = 3

/** All settings of a client of which these are said. */
export const clientWithDefaults = (said: ClientSettings): ClientSettings => ({
  RefreshTokenValidity: REFRESH_TOKEN_VALIDITY,
  TokenValidityUnits: {},
  AllowedOAuthFlowsUserPoolClient: false,
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: false,
  AuthSessionValidity: AUTH_SESSION_VALIDITY,
  ...said,
})

const SECONDS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const

/** Seconds: what a client may have its access and ID tokens hold for at the most. */
export const LONGEST_TOKEN_SECONDS = 86_400

/**
 * How long tokens of a client hold, in seconds: an hour, and 30 days for refresh tokens, unless it says otherwise; and
 * how long a step of a sign-in waits for its answer.
 */
export function validityOf(
  settings: ClientSettings,
): Readonly<Record<'access' | 'id' | 'refresh' | 'session', number>> {
  const units = settings.TokenValidityUnits ?? {}
  return {
    access: (settings.AccessTokenValidity || 1) * SECONDS[units.AccessToken ?? 'hours'],
    id: (settings.IdTokenValidity || 1) * SECONDS[units.IdToken ?? 'hours'],
    refresh:
      (settings.RefreshTokenValidity || REFRESH_TOKEN_VALIDITY) * SECONDS[units.RefreshToken ?? 'days'],
    session: (settings.AuthSessionValidity ?? AUTH_SESSION_VALIDITY) * SECONDS.minutes,
  }
}

/** Whether names of users are told apart by case; only pools that say so in `UsernameConfiguration` do not. */
export const tellsCasesApart = ({ settings }: Pick<PoolRecord, 'settings'>): boolean =>
  settings.UsernameConfiguration?.CaseSensitive !== false

/** What users of a pool can have as a second factor; nothing where it has none. */
export function secondFactorsOf(pool: PoolRecord): ReadonlySet<'SOFTWARE_TOKEN_MFA' | 'SMS_MFA'> {
  const factors = new Set<'SOFTWARE_TOKEN_MFA' | 'SMS_MFA'>()
  if (pool.settings.MfaConfiguration === 'OFF') return factors
  if (pool.softwareTokenMfa?.Enabled) factors.add('SOFTWARE_TOKEN_MFA')
  if (pool.smsMfa) factors.add('SMS_MFA')
  return factors
}

/** The flows that a client may sign users in with, by the newer names. */
export function flowsOf({ ExplicitAuthFlows }: ClientSettings): ReadonlySet<ExplicitAuthFlowsType> {
  if (!ExplicitAuthFlows || ExplicitAuthFlows.length === 0) return new Set(USUAL_FLOWS)
  if (!ExplicitAuthFlows.some(flow => flow in LEGACY_FLOWS)) return new Set(ExplicitAuthFlows)
  // "CUSTOM_AUTH_FLOW_ONLY": no passwords by SRP. Refreshing was never forbidden by the older names.
  const usual = ExplicitAuthFlows.includes('CUSTOM_AUTH_FLOW_ONLY')
    ? USUAL_FLOWS.filter(flow => flow !== 'ALLOW_USER_SRP_AUTH')
    : USUAL_FLOWS
  return new Set([...usual, ...ExplicitAuthFlows.map(flow => LEGACY_FLOWS[flow] ?? flow)])
}

/** "If you don't specify a value for ExplicitAuthFlows" */
const USUAL_FLOWS: readonly ExplicitAuthFlowsType[] = [
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
]

const LEGACY_FLOWS: { readonly [F in ExplicitAuthFlowsType]?: ExplicitAuthFlowsType } = {
  ADMIN_NO_SRP_AUTH: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  CUSTOM_AUTH_FLOW_ONLY: 'ALLOW_CUSTOM_AUTH',
  USER_PASSWORD_AUTH: 'ALLOW_USER_PASSWORD_AUTH',
}

/** Older names must not be mixed with newer ones. */
export const isLegacyFlow = (flow: ExplicitAuthFlowsType): boolean => flow in LEGACY_FLOWS
