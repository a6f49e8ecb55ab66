import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { stages } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish } from '../commit-and-publish.ts'
import { type Context, contextOf } from '../context.ts'
import { findStage } from '../find-stage.ts'
import { flushTime } from './stages.ts'

export const flushStageCacheOperations = {
  FlushStageCache: (input, call) => flush(contextOf(call), input, 'cacheFlushedAt'),

  /** What authorizers decided is kept under the moment of the last flush, among others. */
  FlushStageAuthorizersCache: (input, call) => flush(contextOf(call), input, 'authorizersFlushedAt'),
} satisfies Handlers<APIGateway, Platform>

/** No cache can be emptied everywhere, so what was kept is left where nothing looks for it any more. */
async function flush(
  context: Context,
  { restApiId, stageName }: { readonly restApiId: string; readonly stageName: string },
  flushedAt: 'cacheFlushedAt' | 'authorizersFlushedAt',
): Promise<Record<string, never>> {
  const { records, platform } = context
  const stage = await findStage(context, restApiId, stageName)
  const doc = { ...stage.doc, [flushedAt]: flushTime(stage.doc[flushedAt], platform.clock()) }
  await commitAndPublish(context, records.change().replace(stages, stage, doc), apiOutdated(restApiId))
  return {}
}
