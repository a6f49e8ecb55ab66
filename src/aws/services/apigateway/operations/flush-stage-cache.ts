import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { stages } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish } from '../commit-and-publish.ts'
import { contextOf } from '../context.ts'
import { findStage, flushTime } from './stages.ts'

export const flushStageCacheOperations = {
  /** No cache can be emptied everywhere, so what was kept is left where nothing looks for it any more. */
  async FlushStageCache(input, call) {
    const context = contextOf(call)
    const { records, platform } = context
    const { restApiId, stageName } = input
    const stage = await findStage(context, restApiId, stageName)
    const cacheFlushedAt = flushTime(stage.doc, platform.clock())
    const change = records.change().replace(stages, stage, { ...stage.doc, cacheFlushedAt })
    await commitAndPublish(context, change, apiOutdated(restApiId))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>
