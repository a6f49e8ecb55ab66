import { type KeyPlace, keyArn } from '../../encryption/kms/key-records.ts'
import { type PublishedKmsKey, publishedKey } from '../../encryption/kms/published-keys.ts'
import type { Env } from '../../env.ts'
import { policyOfKey } from '../../identity/key-policy.ts'
import { decideByResource } from '../../identity/policies/decide.ts'
import { requestContext } from '../../identity/policies/request.ts'
import { functionSession } from '../../identity/role-session.ts'
import type { Account } from '../../lib/account.ts'
import { systemClock } from '../../lib/clock.ts'
import { KeyUnusable } from '../key-unusable.ts'

/** The function that a key is wanted for, and the role it runs in. */
interface Runner {
  readonly account: Account
  readonly name: string
  readonly role: string
}

/**
 * A function's KMS key, as the data plane knows it. Throws {@link KeyUnusable} when it is not there, is switched off, or
 * its policy keeps the function's role from it: whoever gave the function the key was allowed to, so that a key of the
 * account itself need not name the role.
 */
export async function functionKey(env: Env, key: KeyPlace, runner?: Runner): Promise<PublishedKmsKey> {
  const published = await publishedKey(env, key, systemClock())
  if (!published) throw new KeyUnusable('KMSNotFoundException')
  if (published.state === 'Disabled') throw new KeyUnusable('KMSDisabledException')
  if (published.state !== 'Enabled') throw new KeyUnusable('KMSInvalidStateException')
  if (runner && isKeptFrom(published, key, runner)) throw new KeyUnusable('KMSAccessDeniedException')
  return published
}

function isKeptFrom(key: PublishedKmsKey, place: KeyPlace, runner: Runner): boolean {
  const { account, name, role } = runner
  const { arn } = functionSession({ account: account.id, region: account.region, role, function: name })
  const decision = decideByResource(policyOfKey(key), {
    action: 'kms:Decrypt',
    resource: keyArn(place),
    principal: { kind: 'session', account: account.id, arn, role },
    context: requestContext({
      'aws:PrincipalArn': role,
      'aws:PrincipalAccount': account.id,
      'kms:CallerAccount': account.id,
      'kms:ViaService': `lambda.${account.region}.amazonaws.com`,
    }),
  })
  if (decision.allowed) return false
  return decision.by !== undefined || place.account.id !== account.id
}
