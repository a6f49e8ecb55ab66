import type { SetUserPoolMfaConfigRequest } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolRecord } from '../../../identity/user-pools/pool-records.ts'
import { invalidParameter, unsupported } from './refusals.ts'

/** What SetUserPoolMfaConfig makes of a pool: which second factors there are, and who must have one. */
export function mfaOf(
  pool: PoolRecord,
  said: Omit<SetUserPoolMfaConfigRequest, 'UserPoolId'>,
): Pick<PoolRecord, 'settings' | 'softwareTokenMfa' | 'smsMfa'> {
  if (said.EmailMfaConfiguration) throw unsupported('second factors by email')
  if (said.WebAuthnConfiguration) throw unsupported('passkeys')
  const MfaConfiguration = said.MfaConfiguration ?? pool.settings.MfaConfiguration ?? 'OFF'
  const software = said.SoftwareTokenMfaConfiguration
  const sms = said.SmsMfaConfiguration
  const hasSms = sms?.SmsConfiguration !== undefined
  if (MfaConfiguration === 'OFF' && (software?.Enabled || hasSms)) {
    throw invalidParameter(
      "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
    )
  }
  if (MfaConfiguration !== 'OFF' && !software?.Enabled && !hasSms) {
    throw invalidParameter(
      "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
    )
  }
  return {
    settings: {
      ...pool.settings,
      MfaConfiguration,
      ...(hasSms && { SmsConfiguration: sms.SmsConfiguration }),
      ...(sms?.SmsAuthenticationMessage !== undefined && {
        SmsAuthenticationMessage: sms.SmsAuthenticationMessage,
      }),
    },
    softwareTokenMfa: software?.Enabled ? { Enabled: true } : undefined,
    smsMfa: hasSms,
  }
}
