import type { LambdaConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { withDefaults } from '../../../identity/user-pools/pool-defaults.ts'
import type { PoolRecord, PoolSettings } from '../../../identity/user-pools/pool-records.ts'
import { invalidParameter, unsupported } from './refusals.ts'

/** Of what CreateUserPool and UpdateUserPool take, what is not said once and for all. */
type Said = PoolSettings & {
  readonly KeyConfiguration?: { readonly KeyType?: string }
  readonly IssuerConfiguration?: { readonly Type?: string }
  readonly AcrConfiguration?: unknown
}

/**
 * The settings of a pool of which these are said, checked.
 *
 * @param before of a pool that is changed
 */
export function poolSettings(said: Said, before?: PoolRecord): PoolSettings {
  const { KeyConfiguration, IssuerConfiguration, AcrConfiguration, ...known } = said
  if (KeyConfiguration?.KeyType === 'CUSTOMER_MANAGED_KEY')
    throw unsupported('customer managed keys of user pools')
  if (IssuerConfiguration?.Type === 'UPDATED') throw unsupported('issuers that several regions share')
  if (AcrConfiguration) throw unsupported('AcrConfiguration')
  checkSupported(known)
  checkNames(known)
  checkPolicies(known)
  checkMfa(known, before)
  checkVerification(known)
  return withDefaults({
    ...known,
    ...(known.LambdaConfig && { LambdaConfig: triggersOf(known.LambdaConfig) }),
    ...messagesOf(known),
  })
}

/** What Weir does not have, and nobody may believe to be guarded by. */
function checkSupported({ UserPoolAddOns, DeviceConfiguration }: Said): void {
  const mode = UserPoolAddOns?.AdvancedSecurityMode
  if (mode !== undefined && mode !== 'OFF')
    throw unsupported(`threat protection (AdvancedSecurityMode ${mode})`)
  const { ChallengeRequiredOnNewDevice, DeviceOnlyRememberedOnUserPrompt } = DeviceConfiguration ?? {}
  if (ChallengeRequiredOnNewDevice || DeviceOnlyRememberedOnUserPrompt) {
    throw unsupported('the remembering of devices (DeviceConfiguration)')
  }
}

function checkNames({ AliasAttributes, UsernameAttributes }: Said): void {
  if (AliasAttributes?.length && UsernameAttributes?.length) {
    throw invalidParameter('Only one of the aliasAttributes or usernameAttributes can be set in a user pool.')
  }
}

function checkPolicies({ Policies, AdminCreateUserConfig }: Said): void {
  const factors = Policies?.SignInPolicy?.AllowedFirstAuthFactors
  if (factors && !factors.includes('PASSWORD')) {
    throw invalidParameter('AllowedFirstAuthFactors must include PASSWORD.')
  }
  const further = factors?.filter(factor => factor !== 'PASSWORD') ?? []
  if (further.length > 0) throw unsupported(`${further.join(', ')} as first factors`)
  if (Policies?.PasswordPolicy?.PasswordHistorySize) throw unsupported('PasswordHistorySize')
  const days = Policies?.PasswordPolicy?.TemporaryPasswordValidityDays
  const unused = AdminCreateUserConfig?.UnusedAccountValidityDays
  if (days !== undefined && unused !== undefined && days !== unused) {
    throw invalidParameter(
      'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
    )
  }
}

/**
 * By what a second factor can be, if users must or may have one. Whoever may send messages can also ask for codes from
 * them: Cognito does not insist on what its refusal says of verification.
 */
function checkMfa(said: Said, before: PoolRecord | undefined): void {
  const { MfaConfiguration, SmsConfiguration } = said
  if (MfaConfiguration === undefined || MfaConfiguration === 'OFF') return
  if (!SmsConfiguration && !before?.softwareTokenMfa?.Enabled) {
    throw invalidParameter(
      'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
    )
  }
}

function checkVerification(said: Said): void {
  const before = said.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? []
  const verified = said.AutoVerifiedAttributes ?? []
  const wrong = before.find(attribute => !verified.includes(attribute))
  if (wrong !== undefined) {
    throw invalidParameter(
      `Attributes that require verification before update must be auto-verified attributes, and ${wrong} is none.`,
    )
  }
  const recovery = said.AccountRecoverySetting?.RecoveryMechanisms ?? []
  if (recovery.length > 1 && recovery.some(({ Name }) => Name === 'admin_only')) {
    throw invalidParameter(
      'Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.',
    )
  }
  if (new Set(recovery.map(({ Priority }) => Priority)).size < recovery.length) {
    throw invalidParameter(
      'Account Recovery Setting cannot have more than one mechanism of the same priority.',
    )
  }
  if (new Set(recovery.map(({ Name }) => Name)).size < recovery.length) {
    throw invalidParameter('Account Recovery Setting cannot have the same mechanism more than once.')
  }
  const { EmailSendingAccount, SourceArn } = said.EmailConfiguration ?? {}
  if (EmailSendingAccount === 'DEVELOPER' && SourceArn === undefined) {
    throw invalidParameter('Source ARN is required for the DEVELOPER email sending account.')
  }
}

/** One trigger before tokens are made has two places where it is said, which must say the same. */
function triggersOf(said: LambdaConfigType): LambdaConfigType {
  const { PreTokenGeneration, PreTokenGenerationConfig } = said
  if (said.CustomSMSSender || said.CustomEmailSender)
    throw unsupported('CustomSMSSender and CustomEmailSender')
  if (said.InboundFederation) throw unsupported('InboundFederation')
  const arn = PreTokenGenerationConfig?.LambdaArn ?? PreTokenGeneration
  if (arn === undefined) return said
  if (PreTokenGeneration !== undefined && PreTokenGeneration !== arn) {
    throw invalidParameter(
      'PreTokenGeneration and PreTokenGenerationConfig must name the same function where both are set.',
    )
  }
  return {
    ...said,
    PreTokenGeneration: arn,
    PreTokenGenerationConfig: PreTokenGenerationConfig ?? { LambdaVersion: 'V1_0', LambdaArn: arn },
  }
}

/** Texts of messages have an older place and a newer one; what is said in one is answered in both. */
function messagesOf(said: Said): PoolSettings {
  const template = said.VerificationMessageTemplate
  const SmsMessage = template?.SmsMessage ?? said.SmsVerificationMessage
  const EmailMessage = template?.EmailMessage ?? said.EmailVerificationMessage
  const EmailSubject = template?.EmailSubject ?? said.EmailVerificationSubject
  const texts = {
    ...(SmsMessage !== undefined && { SmsMessage }),
    ...(EmailMessage !== undefined && { EmailMessage }),
    ...(EmailSubject !== undefined && { EmailSubject }),
  }
  return {
    VerificationMessageTemplate: { ...template, ...texts },
    ...(SmsMessage !== undefined && { SmsVerificationMessage: SmsMessage }),
    ...(EmailMessage !== undefined && { EmailVerificationMessage: EmailMessage }),
    ...(EmailSubject !== undefined && { EmailVerificationSubject: EmailSubject }),
  }
}
