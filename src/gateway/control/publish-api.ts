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
    const [api, links] = await Promise.all([records.get(restApis, '', apiId), linkBindings(records)])
    if (!api) return writePointer(store, apiId, publication.generation, null)
    const endpointType = api.doc.endpointConfiguration.types[0]
    const compiled = async (): Promise<ReadonlyArray<[string, StagePointer | undefined]>> =>
      Promise.all(
        (await records.all(stages, apiId)).map(async ({ id: name, doc }) => {
          const snapshots = await readSnapshots(records, apiId, doc)
          return [name, snapshots && { ...compileStage(doc, snapshots, endpointType), links }]
        }),
      )
    let pointers = await compiled()
    // A stage was moved, and its deployment deleted, after it was read: no moment should be without it.
    for (let i = 1; i < MOST_READS && pointers.some(([, stage]) => !stage); i += 1)
      pointers = await compiled()
    const pointer: ApiPointer = {
      schema: 1,
      account: account.id,
      region: account.region,
      apiId,
      name: api.doc.name,
      stages: Object.fromEntries(
        pointers.filter((entry): entry is [string, StagePointer] => entry[1] !== undefined),
      ),
    }
    await writePointer(store, apiId, publication.generation, pointer)
  }

/** How often stages are read until all are as their deployments are. */
const MOST_READS = 3

async function readSnapshots(
  records: Records,
  apiId: string,
  { deploymentId, canarySettings }: StageRecord,
): Promise<{ readonly stage: string; readonly canary?: string } | undefined> {
  const snapshotOf = async (deployment: string) =>
    (await records.get(deployments, apiId, deployment))?.doc.snapshot
  const [stage, canary] = await Promise.all([
    snapshotOf(deploymentId),
    canarySettings && snapshotOf(canarySettings.deploymentId),
  ])
  if (stage === undefined || (canarySettings && canary === undefined)) return undefined
  return { stage, canary }
}
