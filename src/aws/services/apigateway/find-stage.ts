import { type StageRecord, stages } from '../../../gateway/control/rest-api-records.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context } from './context.ts'
import { noSuchStage } from './refusals.ts'

export async function findStage(
  { records }: Context,
  apiId: string,
  name: string,
): Promise<Stored<StageRecord>> {
  const stage = await records.get(stages, apiId, name)
  if (!stage) throw noSuchStage()
  return stage
}
