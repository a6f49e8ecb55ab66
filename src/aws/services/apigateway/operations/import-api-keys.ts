import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { Refusal } from '../../../../lib/refusal.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { modifyOrConflict } from '../modify-or-conflict.ts'
import { type CsvRow, readCsv } from '../read-csv.ts'
import { badRequest } from '../refusals.ts'
import { createKey } from './api-keys.ts'
import { usagePlanKeyOperations } from './usage-plan-keys.ts'

/** Keys of one call; each of them is a change of its own, and an invocation has 1,000 queries. */
const MOST_KEYS = 80

export const importApiKeysOperations = {
  /**
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html: a header line, then one
   * line a key. With `failOnWarnings` the first line that cannot be imported ends the import; otherwise it becomes a
   * warning and the others are imported.
   */
  async ImportApiKeys(input, call) {
    const context = contextOf(call)
    const rows = readCsv(new TextDecoder().decode(input.body as Uint8Array))
    if (!rows) throw badRequest('Invalid API Key file: it is not in the CSV format')
    if (rows.length === 0) throw badRequest('Invalid API Key file: it has no keys')
    if (rows.length > MOST_KEYS) throw badRequest(`Invalid API Key file: at most ${MOST_KEYS} keys at a time`)
    for (const column of ['name', 'key']) {
      if (!rows[0]!.has(column)) throw badRequest(`Invalid API Key file: the column ${column} is missing`)
    }
    const ids: string[] = []
    const warnings: string[] = []
    for (const [i, row] of rows.entries()) {
      try {
        const { key } = await modifyOrConflict(() => createKey(context, keyOf(row)))
        ids.push(key.id)
        for (const usagePlanId of plansOf(row)) {
          const plan = { usagePlanId, keyId: key.id, keyType: 'API_KEY' }
          await modifyOrConflict(() => usagePlanKeyOperations.CreateUsagePlanKey(plan, call))
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        const warning = `Line ${i + 2}: ${error.message}`
        if (input.failOnWarnings) throw badRequest(warning)
        warnings.push(warning)
      }
    }
    return { ids, warnings }
  },
} satisfies Handlers<APIGateway, Platform>

const keyOf = (row: CsvRow) => ({
  name: row.get('name'),
  value: row.get('key'),
  description: row.get('description') || undefined,
  enabled: (row.get('enabled') || 'true').toLowerCase() === 'true',
})

const plansOf = (row: CsvRow): string[] =>
  (row.get('usageplanids') ?? '').split(',').flatMap(id => (id.trim() ? [id.trim()] : []))
