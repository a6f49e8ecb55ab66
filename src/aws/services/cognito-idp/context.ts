import type { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type CognitoHandlers = Handlers<CognitoIdentityProvider, Platform>
