import type { Env } from './env.ts'
import { forgetMeters } from './functions/concurrency/tell-meters.ts'
import { FUNCTION_PUBLICATION } from './functions/control/function-records.ts'
import { removeEventsOf } from './functions/events/event-documents.ts'
import { forgetExecutions } from './functions/executions/forget-executions.ts'
import { functionPointerName } from './functions/manifest.ts'
import { URL_PUBLICATION } from './functions/urls/url-records.ts'
import { API_PUBLICATION } from './gateway/control/rest-api-records.ts'
import { DOMAIN_PUBLICATION } from './gateway/domains/control/domain-records.ts'
import { forgetDomain } from './gateway/domains/control/publish-domain.ts'
import { entityOf } from './identity/control/publish-identity.ts'
import { accountId } from './identity/credentials.ts'
import { IDENTITY_PUBLICATION, identityPointerName } from './identity/published.ts'
import { markedIn } from './lib/object-marks.ts'
import { storePages } from './lib/store-pages.ts'
import { writePointer } from './pointers/pointer-store.ts'

interface Published {
  kind: string
  region: string
  id: string
  wanted: number
}

const TABLES = [
  'resources',
  'publications',
  'usage',
  'executions',
  'pool_users',
  'pool_aliases',
  'pool_members',
  'pool_sign_ins',
  'outbox',
]

/**
 * Forgets everything of the local account: test suites start from nothing. Only what a name leads to is removed;
 * documents in the store are named by hashes and by ids that are never given twice, so nothing finds them again,
 * except the records of API keys, whose names come from values that a user may choose again.
 */
export async function resetAccount(env: Env): Promise<void> {
  const account = accountId(env)
  const published = await env.DB.prepare(
    'SELECT kind, region, id, wanted FROM publications WHERE account = ?',
  )
    .bind(account)
    .all<Published>()
  await Promise.all([
    ...published.results.map(pointer => forget(env, account, pointer)),
    forgetKeys(env, account),
    removeEventsOf(env.STORE, account),
    forgetExecutions(env, account),
    forgetMeters(env, account),
  ])
  await env.DB.batch(
    TABLES.map(table => env.DB.prepare(`DELETE FROM ${table} WHERE account = ?`).bind(account)),
  )
}

async function forgetKeys(env: Env, account: string): Promise<void> {
  for await (const page of storePages(env.STORE, `keys/${account}/`)) {
    const keys = page.map(({ key }) => key)
    // Only meters that were ever asked: making an object takes longer than everything else here.
    const meters = markedIn(keys).map(name => env.KEY_METER.getByName(name).forget())
    await Promise.all([...meters, env.STORE.delete(keys)])
  }
}

/**
 * Under a generation above all that was published of the pointer, so that a publication still on its way does not
 * bring it back; that of a pointer of the same name made later is higher again.
 */
async function forget(env: Env, account: string, { kind, region, id, wanted }: Published): Promise<void> {
  const generation = wanted + 1
  if (kind === FUNCTION_PUBLICATION) {
    const store = { objects: env.ALIAS_ROUTER, documents: env.STORE }
    await writePointer(store, functionPointerName({ id: account, region }, id), generation, null)
  }
  if (kind === URL_PUBLICATION) {
    await writePointer({ objects: env.URL_ROUTER, documents: env.STORE }, id, generation, null)
  }
  if (kind === DOMAIN_PUBLICATION) await forgetDomain(env, id, generation)
  if (kind === IDENTITY_PUBLICATION) {
    const entity = entityOf(id)
    const store = { objects: env.IDENTITY_ROUTER, documents: env.STORE }
    await writePointer(store, identityPointerName(account, entity.kind, entity.name), generation, null)
  }
  if (kind === API_PUBLICATION) {
    await writePointer({ objects: env.STAGE_ROUTER, documents: env.STORE }, id, generation, null)
  }
}
