import * as schemas from '@aws-sdk/client-cognito-identity-provider/dist-es/schemas/schemas_0.js'
import type { Platform } from '../../../platform.ts'
import { type ServiceFacts, type Shape, serviceFacts } from '../../wire/constraints/facts.ts'
import type { ServiceDefinition } from '../../wire/service.ts'
import type { CognitoHandlers } from './context.ts'
import facts from './facts.generated.json' with { type: 'json' }
import { cognitoNeeds } from './needs.ts'
import { adminUserOperations } from './operations/admin-users.ts'
import { clientSecretOperations } from './operations/client-secrets.ts'
import { clientOperations } from './operations/clients.ts'
import { domainOperations } from './operations/domains.ts'
import { groupMemberOperations } from './operations/group-members.ts'
import { groupOperations } from './operations/groups.ts'
import { ownUserOperations } from './operations/own-user.ts'
import { passwordOperations } from './operations/passwords.ts'
import { poolOperations } from './operations/pools.ts'
import { resourceServerOperations } from './operations/resource-servers.ts'
import { signInOperations } from './operations/sign-in.ts'
import { signUpOperations } from './operations/sign-up.ts'
import { softwareTokenOperations } from './operations/software-tokens.ts'
import { tagOperations } from './operations/tags.ts'
import { tokenOperations } from './operations/tokens.ts'
import type { CognitoParts } from './parts.ts'
import { withinQuotas } from './request-quotas.ts'

const operationsWith = (parts: CognitoParts) =>
  ({
    ...poolOperations,
    ...clientOperations,
    ...clientSecretOperations,
    ...domainOperations,
    ...resourceServerOperations,
    ...groupOperations,
    ...tagOperations,
    ...signInOperations(parts),
    ...tokenOperations(parts),
    ...softwareTokenOperations(parts),
    ...signUpOperations(parts),
    ...adminUserOperations(parts),
    ...ownUserOperations(parts),
    ...passwordOperations(parts),
    ...groupMemberOperations(parts),
  }) satisfies CognitoHandlers

/** Amazon Cognito user pools. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ */
export const cognitoService = (parts: CognitoParts): ServiceDefinition<Platform> => ({
  signingName: 'cognito-idp',
  schemas,
  facts: withOwnDomains(serviceFacts(facts)),
  handlers: withinQuotas(operationsWith(parts), parts),
  codes: { validation: 'InvalidParameterException', serialization: 'SerializationException' },
  unsigned: UNSIGNED,
  needs: cognitoNeeds,
})

const PREFIX = '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?$'
const PREFIX_OR_NAME = '^[a-z0-9](?:[a-z0-9\\-.]{0,61}[a-z0-9])?$'

/** The model's pattern of a domain knows prefixes alone, although CustomDomainConfig is for whole names. */
function withOwnDomains(modelled: ServiceFacts): ServiceFacts {
  const shapes = modelled.shapes.map((shape): Shape => {
    if (shape[0] !== 'string' || shape[1]?.pattern !== PREFIX) return shape
    return ['string', { ...shape[1], pattern: PREFIX_OR_NAME }]
  })
  return { ...modelled, shapes }
}

/** What the model has as `"authtype": "none"`: users of a pool have no AWS credentials. */
const UNSIGNED: ReadonlySet<string> = new Set([
  'AssociateSoftwareToken',
  'ChangePassword',
  'CompleteWebAuthnRegistration',
  'ConfirmDevice',
  'ConfirmForgotPassword',
  'ConfirmSignUp',
  'DeleteUser',
  'DeleteUserAttributes',
  'DeleteWebAuthnCredential',
  'ForgetDevice',
  'ForgotPassword',
  'GetDevice',
  'GetTokensFromRefreshToken',
  'GetUser',
  'GetUserAttributeVerificationCode',
  'GetUserAuthFactors',
  'GlobalSignOut',
  'InitiateAuth',
  'ListDevices',
  'ListWebAuthnCredentials',
  'ResendConfirmationCode',
  'RespondToAuthChallenge',
  'RevokeToken',
  'SetUserMFAPreference',
  'SetUserSettings',
  'SignUp',
  'StartWebAuthnRegistration',
  'UpdateAuthEventFeedback',
  'UpdateDeviceStatus',
  'UpdateUserAttributes',
  'VerifySoftwareToken',
  'VerifyUserAttribute',
])

/** Whether a value of `X-Amz-Target` names an operation that takes no signature. */
export function isOpenTarget(target: string | null): boolean {
  const [prefix, operation = ''] = target?.split('.') ?? []
  return prefix === facts.targetPrefix && UNSIGNED.has(operation)
}
