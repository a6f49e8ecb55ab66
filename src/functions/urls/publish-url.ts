import type { Env } from '../../env.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import { policyId } from '../control/function-records.ts'
import type { FunctionUrlPointer } from './pointer.ts'
import { functionUrls } from './url-records.ts'

/** Hands what the data plane must know of a function URL to its UrlRouter. */
export const publishFunctionUrl =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const urlId = publication.pointer
    const store = { objects: env.URL_ROUTER, documents: env.STORE }
    const found = await new Records(env.DB, account).byAlias(functionUrls, urlId)
    if (!found) return writePointer(store, urlId, publication.generation, null)
    const { authType, invokeMode = 'BUFFERED', cors } = found.doc
    const pointer: FunctionUrlPointer = {
      schema: 1,
      account,
      name: found.parent,
      qualifier: found.id === policyId(undefined) ? undefined : found.id,
      authType,
      invokeMode,
      cors,
    }
    await writePointer(store, urlId, publication.generation, pointer)
  }
