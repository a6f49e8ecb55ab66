import { waitUntil } from 'cloudflare:workers'
import { accountKeys, KEYS_PUBLICATION, keysPointer } from './encryption/account-keys.ts'
import { KMS_KEY_PUBLICATION, kmsKeyPointer, publishedKeys } from './encryption/kms/published-keys.ts'
import { secretsOf } from './encryption/secrets.ts'
import type { Env } from './env.ts'
import { forgetMeters } from './functions/concurrency/tell-meters.ts'
import { FUNCTION_PUBLICATION } from './functions/control/function-records.ts'
import { removeEventsOf } from './functions/events/event-documents.ts'
import { functionPointerName } from './functions/manifest.ts'
import { URL_PUBLICATION } from './functions/urls/url-records.ts'
import { API_PUBLICATION } from './gateway/control/rest-api-records.ts'
import { DOMAIN_PUBLICATION } from './gateway/domains/control/domain-records.ts'
import { forgetDomain } from './gateway/domains/control/publish-domain.ts'
import { entityOf } from './identity/control/publish-identity.ts'
import { accountId } from './identity/credentials.ts'
import { IDENTITY_PUBLICATION, identityPointerName } from './identity/published.ts'
import { markedIn, markedObjects } from './lib/object-marks.ts'
import { storePages } from './lib/store-pages.ts'
import { TOPIC_PUBLICATION } from './messaging/topics/control/publish-topic.ts'
import { topicHubName } from './messaging/topics/topic-arn.ts'
import { forgetAccountLimits } from './metering/account-limits.ts'
import { accountBudgetName, BUDGET_PUBLICATION } from './metering/money/control/billing-records.ts'
import { removeQueryResults } from './observability/logs/queries/kept-query.ts'
import { writePointer } from './pointers/pointer-store.ts'
import { forgetCounts } from './usage/meters-of-account.ts'

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
  // After the resources, whose removal is noted in them.
  'plan_memberships',
  'metered_names',
  'statements',
  'ledger_postings',
  'ledger_entries',
  'executions',
  'method_usage',
  'pool_users',
  'pool_aliases',
  'pool_members',
  'pool_sign_ins',
  'outbox',
  'deployments',
]

/**
 * What a reset leaves: the account itself goes on, and isolates that seal with its data keys would not notice that
 * there are others.
 */
const KEPT_OF_ACCOUNT = `kind NOT IN ('${accountKeys.name}', '${KEYS_PUBLICATION}')`

/**
 * Forgets everything of the local account: test suites start from nothing. Only what a name leads to is removed;
 * documents in the store are named by hashes and by ids that are never given twice, so nothing finds them again,
 * except the records of API keys, whose names come from values that a user may choose again. Other accounts stay.
 */
export const resetAccount = (env: Env): Promise<void> => forget(env, accountId(env), 'content')

/**
 * Lets nobody of an account in any more, by whatever key or session, and for good: from two seconds later on nothing
 * is added to it that a removal would not see.
 */
export async function closeAccount(env: Env, account: string): Promise<void> {
  const { results } = await env.DB.prepare(
    'SELECT kind, region, id, wanted FROM publications WHERE account = ? AND kind = ?',
  )
    .bind(account, KEYS_PUBLICATION)
    .all<Published>()
  for (const published of results) await forgetPointer(env, account, published)
}

/** Forgets an account that was made, with all that it has, its keys for good: what they sealed nobody opens again. */
export async function removeAccount(env: Env, account: string): Promise<void> {
  await forget(env, account, 'account')
  secretsOf(env).forget()
}

async function forget(env: Env, account: string, what: 'content' | 'account'): Promise<void> {
  const kept = what === 'content' ? ` AND ${KEPT_OF_ACCOUNT}` : ''
  const published = await env.DB.prepare(
    `SELECT kind, region, id, wanted FROM publications WHERE account = ?${kept}`,
  )
    .bind(account)
    .all<Published>()
  const forgetAll = (pointers: readonly Published[]) =>
    Promise.all(pointers.map(pointer => forgetPointer(env, account, pointer)))
  const [once, again] = partition(published.results, isNamedByChance)
  // A test suite need not wait for what nothing finds any more but who knows its id.
  if (what === 'content') waitUntil(forgetAll(once).catch(error => console.warn('pointers are left', error)))
  else await forgetAll(once)
  await Promise.all([
    forgetAll(again),
    forgetKeys(env, account),
    forgetAccountLimits({ store: env.STORE, meters: env.KEY_METER }, account),
    removeEventsOf(env.STORE, account),
    removeQueryResults(env.STORE, account),
    forgetCounts(env, account),
    forgetMeters(env, account),
    ...markedBelow(env, account).map(forgetMarked(env)),
  ])
  await env.DB.batch(
    TABLES.map(table => {
      const where = table === 'resources' || table === 'publications' ? kept : ''
      return env.DB.prepare(`DELETE FROM ${table} WHERE account = ?${where}`).bind(account)
    }),
  )
  publishedKeys(env).clear()
}

/** Whether the name is an id that is never given twice. */
function isNamedByChance({ kind, id }: Published): boolean {
  if (kind === KMS_KEY_PUBLICATION) return true
  return kind === IDENTITY_PUBLICATION && ['key', 'group', 'pool'].includes(entityOf(id).kind)
}

function partition<T>(all: readonly T[], belongs: (each: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []]
  for (const each of all) (belongs(each) ? yes : no).push(each)
  return [yes, no]
}

/** Objects that say in the store that they exist, by what the names of an account's begin with. */
const markedBelow = (env: Env, account: string): readonly Marked[] => [
  { prefix: `logs/${account}/`, objects: env.LOG_STORE },
  { prefix: `metrics/${account}/`, objects: env.METRIC_STORE },
  { prefix: `traces/${account}/`, objects: env.TRACE_STORE },
  { prefix: `deployments/${account}/`, objects: env.DEPLOYMENT_DRIVER },
  { prefix: `alarms/${account}/`, objects: env.ALARM_WATCH },
]

interface Marked {
  readonly prefix: string
  readonly objects: { getByName(name: string): { forget(): Promise<void> } }
}

const forgetMarked =
  (env: Env) =>
  async ({ prefix, objects }: Marked): Promise<void> => {
    const names = await markedObjects(env.STORE, prefix)
    await Promise.all(names.map(name => objects.getByName(name).forget()))
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
async function forgetPointer(
  env: Env,
  account: string,
  { kind, region, id, wanted }: Published,
): Promise<void> {
  const generation = wanted + 1
  const write = (objects: Parameters<typeof writePointer>[0]['objects'], name: string) =>
    writePointer({ objects, documents: env.STORE }, name, generation, null)
  switch (kind) {
    case FUNCTION_PUBLICATION:
      return write(env.ALIAS_ROUTER, functionPointerName({ id: account, region }, id))
    case URL_PUBLICATION:
      return write(env.URL_ROUTER, id)
    case DOMAIN_PUBLICATION:
      return forgetDomain(env, id, generation)
    case API_PUBLICATION:
      return write(env.STAGE_ROUTER, id)
    case BUDGET_PUBLICATION:
      return env.ACCOUNT_BUDGET.getByName(accountBudgetName(account)).forget()
    case KMS_KEY_PUBLICATION:
      return write(env.IDENTITY_ROUTER, kmsKeyPointer(account, id))
    case TOPIC_PUBLICATION:
      return write(env.TOPIC_HUB, topicHubName({ account: { id: account, region }, name: id }))
    case KEYS_PUBLICATION:
      return write(env.IDENTITY_ROUTER, keysPointer(account))
    case IDENTITY_PUBLICATION: {
      const { kind: entity, name } = entityOf(id)
      return write(env.IDENTITY_ROUTER, identityPointerName(account, entity, name))
    }
  }
}
