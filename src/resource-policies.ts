import { functionPolicy } from './functions/function-policy.ts'
import { layerVersionId, layerVersions } from './functions/layers/layer-records.ts'
import { layerVersionReference } from './functions/layers/layer-reference.ts'
import type { FunctionPointer } from './functions/manifest.ts'
import type { Authority } from './identity/authority.ts'
import type { PermissionsSource } from './identity/permissions.ts'
import { type CompiledPolicy, compilePolicy } from './identity/policies/compile-policy.ts'
import type { Account } from './lib/account.ts'
import { partsOfArn } from './lib/arn.ts'
import type { PublishedTopic } from './messaging/topics/published-topic.ts'
import { topicPolicy } from './messaging/topics/topic-policy.ts'
import type { PointerCache } from './pointers/pointer-cache.ts'
import type { Records } from './records/records.ts'

/** Where the policies are that hang on resources themselves. */
export interface ResourcePolicies {
  readonly functions: PointerCache<FunctionPointer>
  readonly permissions: Pick<PermissionsSource, 'roleOf'>
  /** Of a key of KMS. */
  readonly keyPolicy: (asked: { readonly resource: string }) => Promise<CompiledPolicy | undefined>
  readonly topics: PointerCache<PublishedTopic>
  /** Layers are named by those alone who change functions: only they wait for the database. */
  readonly recordsOf: (account: Account) => Records
}

export const resourcePolicies =
  ({ functions, permissions, keyPolicy, topics, recordsOf }: ResourcePolicies): Authority['resourcePolicy'] =>
  async asked => {
    const { action, resource } = asked
    if (action.startsWith('sts:')) {
      return (await permissions.roleOf(partsOfArn(resource).account, resource))?.trust
    }
    if (action.startsWith('kms:')) return keyPolicy(asked)
    if (action.startsWith('sns:')) return topicPolicy(topics, asked)
    return action === 'lambda:GetLayerVersion'
      ? layerPolicy(recordsOf, resource)
      : functionPolicy(functions, asked)
  }

async function layerPolicy(
  recordsOf: ResourcePolicies['recordsOf'],
  resource: string,
): Promise<CompiledPolicy | undefined> {
  const reference = layerVersionReference(resource)
  if (!reference) return undefined
  const { owner, name, version } = reference
  const found = await recordsOf(owner).get(layerVersions, name, layerVersionId(version))
  const statements = found?.doc.policy?.statements
  return statements && compilePolicy('layer', { Version: '2012-10-17', Statement: statements }, 'resource')
}
