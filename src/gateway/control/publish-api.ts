import type { Env } from '../../env.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import type { ApiPointer, StagePointer } from '../snapshot.ts'
import { deployments, restApis, stages } from './rest-api-records.ts'

/** Compiles which deployment each stage of an API serves and hands it to the API's StageRouter. */
export const publishApi =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const apiId = publication.pointer
    const records = new Records(env.DB, account)
    const store = { objects: env.STAGE_ROUTER, documents: env.STORE }
    const [api, found] = await Promise.all([records.get(restApis, '', apiId), records.all(stages, apiId)])
    if (!api) return writePointer(store, apiId, publication.generation, null)
    const pointers = await Promise.all(
      found.map(async ({ id: name, doc }): Promise<[string, StagePointer] | undefined> => {
        const deployment = await records.get(deployments, apiId, doc.deploymentId)
        // Moved or deleted since the stages were read: that change wants a publication of its own.
        if (!deployment) return undefined
        return [
          name,
          {
            deploymentId: doc.deploymentId,
            snapshot: deployment.doc.snapshot,
            variables: doc.variables ?? {},
          },
        ]
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
