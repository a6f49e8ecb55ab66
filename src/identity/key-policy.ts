import { type PublishedKmsKey, publishedKey } from '../encryption/kms/published-keys.ts'
import type { Env } from '../env.ts'
import { partsOfArn } from '../lib/arn.ts'
import { systemClock } from '../lib/clock.ts'
import { type CompiledPolicy, compilePolicy } from './policies/compile-policy.ts'
import type { PolicyDocument } from './policies/policy-document.ts'

/** A published key stays the same object while nothing changes. */
const compiled = new WeakMap<PublishedKmsKey, CompiledPolicy>()

/** The policy of the KMS key that an ARN names; undefined if it names none. */
export async function keyPolicy(
  env: Env,
  { resource: text }: { readonly resource: string },
): Promise<CompiledPolicy | undefined> {
  const { service, account: id, region, resource } = partsOfArn(text)
  if (service !== 'kms' || !resource.startsWith('key/')) return undefined
  const place = { account: { id, region }, id: resource.slice('key/'.length) }
  const key = await publishedKey(env, place, systemClock())
  return key && policyOfKey(key)
}

export function policyOfKey(key: PublishedKmsKey): CompiledPolicy {
  let policy = compiled.get(key)
  if (!policy) {
    policy = compilePolicy('key policy', JSON.parse(key.policy) as PolicyDocument, 'resource')
    compiled.set(key, policy)
  }
  return policy
}
