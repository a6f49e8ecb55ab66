import { principalArn, principalOf } from '../../../identity/caller.ts'
import { checkDocument } from '../../../identity/policies/check-document.ts'
import { compilePolicy } from '../../../identity/policies/compile-policy.ts'
import { decideByResource } from '../../../identity/policies/decide.ts'
import { requestContext } from '../../../identity/policies/request.ts'
import type { Account } from '../../../lib/account.ts'
import { rootArn } from '../../../lib/arn.ts'
import type { Identity } from '../../wire/service.ts'
import { LIMITS } from './limits.ts'
import { limitExceeded, malformedPolicy } from './refusals.ts'

/**
 * Lets the account's own policies decide.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export const defaultPolicy = (account: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: rootArn(account) },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })

/** Of a key that a service has: it is used through the service alone. */
export const managedPolicy = ({ id, region }: Account, service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-aws${service}`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: {
            'kms:ViaService': `${service}.${region}.amazonaws.com`,
            'kms:CallerAccount': id,
          },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: rootArn(id) },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
        Resource: '*',
      },
    ],
  })

/**
 * A policy that may be kept. Refuses one that is none, and one that would let its author never change it again.
 *
 * @param bypass whether the author wants it all the same
 */
export function checkedPolicy(text: string, identity: Identity, keyArn: string, bypass = false): string {
  if (new TextEncoder().encode(text).length > LIMITS.policyBytes) {
    throw limitExceeded(`A key policy has at most ${LIMITS.policyBytes} bytes`)
  }
  const checked = checkDocument(text, 'resource')
  if (!checked.ok) throw malformedPolicy(checked.message)
  if (bypass) return text
  const { allowed } = decideByResource(compilePolicy('key policy', checked.document, 'resource'), {
    action: 'kms:PutKeyPolicy',
    resource: keyArn,
    principal: principalOf(identity),
    context: requestContext({
      'aws:PrincipalAccount': identity.account,
      'aws:PrincipalArn': principalArn(identity),
      'kms:CallerAccount': identity.account,
    }),
  })
  if (!allowed) {
    throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.')
  }
  return text
}
