import { documentationVersions } from '../../../gateway/control/api-parts.ts'
import {
  type DeploymentRecord,
  deployments,
  type StageRecord,
} from '../../../gateway/control/rest-api-records.ts'
import type { Documentation, RestApiDefinition } from '../../../gateway/openapi/definition.ts'
import type { StoredDefinition } from '../../../gateway/openapi/stored-definition.ts'
import type { Snapshot } from '../../../gateway/snapshot.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context } from './context.ts'
import { findStage } from './find-stage.ts'
import { badRequest, noSuchStage } from './refusals.ts'

export interface Deployed {
  readonly stage: Stored<StageRecord>
  readonly deployment: Stored<DeploymentRecord>
  /** What the API said of itself when it was deployed. */
  readonly definition: RestApiDefinition
}

/** What a stage serves. */
export async function findDeployed(context: Context, apiId: string, stageName: string): Promise<Deployed> {
  const { records, platform } = context
  const stage = await findStage(context, apiId, stageName)
  const deployment = await records.get(deployments, apiId, stage.doc.deploymentId)
  if (!deployment) throw noSuchStage()
  const read = async <T>(key: string): Promise<T> => {
    const object = await platform.env.STORE.get(key)
    if (!object) throw new Error(`${key} is not in the store`)
    return object.json<T>()
  }
  const snapshot = await read<Snapshot>(deployment.doc.snapshot)
  if (!snapshot.definition) {
    throw badRequest(
      `The deployment ${deployment.id} was made by an earlier version of Weir, which kept no definition of it. Deploy the API again`,
    )
  }
  const { definition } = await read<StoredDefinition>(snapshot.definition)
  return { stage, deployment, definition }
}

/** The documentation that a stage's version stands for; undefined where it has none. */
export async function documentationOf(
  { records }: Context,
  apiId: string,
  version: string | undefined,
): Promise<Documentation | undefined> {
  const stored = version === undefined ? undefined : await records.get(documentationVersions, apiId, version)
  return stored && { version: stored.id, description: stored.doc.description, parts: stored.doc.parts }
}

/** Where an API is to be found, beside the control plane. */
export function addressOf(origin: string, apiId: string): { scheme: string; host: string } {
  const { protocol, host } = new URL(origin)
  return { scheme: protocol.replace(':', ''), host: `${apiId}.execute-api.${host}` }
}
