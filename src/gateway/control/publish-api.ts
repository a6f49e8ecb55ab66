import type { Env } from '../../env.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import type { ApiPointer, StagePointer } from '../snapshot.ts'
import { compileStage } from './compile-stage.ts'
import { deployments, restApis, type StageRecord, stages } from './rest-api-records.ts'
import { linkBindings } from './vpc-link-records.ts'

/** Compiles which deployments each stage of an API serves, and how, and hands it to the API's StageRouter. */
export const publishApi =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const apiId = publication.pointer
    const records = new Records(env.DB, account)
    const store = { objects: env.STAGE_ROUTER, documents: env.STORE }
    const [api, found, links] = await Promise.all([
      records.get(restApis, '', apiId),
      records.all(stages, apiId),
      linkBindings(records),
    ])
    if (!api) return writePointer(store, apiId, publication.generation, null)
    const snapshotOf = async (deploymentId: string) =>
      (await records.get(deployments, apiId, deploymentId))?.doc.snapshot
    const pointers = await Promise.all(
      found.map(async ({ id: name, doc }): Promise<[string, StagePointer] | undefined> => {
        const snapshots = await readSnapshots(doc, snapshotOf)
        // Moved or deleted since the stages were read: that change wants a publication of its own.
        if (!snapshots) return undefined
        return [name, { ...compileStage(doc, snapshots, api.doc.endpointConfiguration.types[0]), links }]
      }),
    )
    const pointer: ApiPointer = {
      schema: 1,
      account: account.id,
      region: account.region,
      apiId,
      stages: Object.fromEntries(pointers.filter(entry => entry !== undefined)),
    }
    await writePointer(store, apiId, publication.generation, pointer)
  }

async function readSnapshots(
  { deploymentId, canarySettings }: StageRecord,
  snapshotOf: (deploymentId: string) => Promise<string | undefined>,
): Promise<{ readonly stage: string; readonly canary?: string } | undefined> {
  const [stage, canary] = await Promise.all([
    snapshotOf(deploymentId),
    canarySettings && snapshotOf(canarySettings.deploymentId),
  ])
  if (stage === undefined || (canarySettings && canary === undefined)) return undefined
  return { stage, canary }
}
