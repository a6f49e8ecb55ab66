import type { Account } from '../../lib/account.ts'
import type { Records, Stored } from '../../records/records.ts'
import { permitsAccount } from './layer-policy.ts'
import { type LayerVersionRecord, layerVersionId, layerVersions } from './layer-records.ts'
import {
  checkLayerVersion,
  checkReachable,
  type LayerVersionReference,
  layerNotPermitted,
  layerVersionArn,
} from './layer-reference.ts'

/** Who asks for a layer, and where the layers of accounts are found. */
export interface LayerCaller {
  readonly account: Account
  readonly arn: string
  readonly recordsOf: (account: Account) => Records
}

/**
 * A layer's version; undefined when there is none. Of another account's layers the caller learns only what their
 * policies let it see: a missing one is refused like a forbidden one.
 */
export async function findLayerVersion(
  caller: LayerCaller,
  reference: LayerVersionReference,
): Promise<Stored<LayerVersionRecord> | undefined> {
  const { owner, name, version } = reference
  checkLayerVersion(version)
  checkReachable(reference, caller.account)
  const arn = layerVersionArn(reference)
  const found = await caller.recordsOf(owner).get(layerVersions, name, layerVersionId(version))
  if (owner.id !== caller.account.id && !permitsAccount(found?.doc.policy, arn, caller.account.id)) {
    throw layerNotPermitted(caller.arn, 'lambda:GetLayerVersion', arn)
  }
  return found
}
