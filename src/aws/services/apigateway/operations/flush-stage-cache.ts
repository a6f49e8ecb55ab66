import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { API_PUBLICATION, stages } from '../../../../gateway/control/rest-api-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { findStage, flushTime } from './stages.ts'

export const flushStageCacheOperations = {
  /** No cache can be emptied everywhere, so what was kept is left where nothing looks for it any more. */
  async FlushStageCache(input, call) {
    const context = contextOf(call)
    const { records, account, platform } = context
    const { restApiId, stageName } = input
    const stage = await findStage(context, restApiId, stageName)
    await records
      .change()
      .replace(stages, stage, { ...stage.doc, cacheFlushedAt: flushTime(stage.doc, platform.clock()) })
      .publish({ kind: API_PUBLICATION, id: restApiId })
      .commit()
    await platform.publications.publish(account, API_PUBLICATION, restApiId)
    return {}
  },
} satisfies Handlers<APIGateway, Platform>
