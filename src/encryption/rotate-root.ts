import type { Env } from '../env.ts'
import { eachAnywhere, Records, StaleRevision } from '../records/records.ts'
import {
  type AccountKeys,
  accountKeys,
  KEYS_PUBLICATION,
  keysPlace,
  obtainAccountKeys,
  replaceKeys,
} from './account-keys.ts'
import { rootSecrets } from './root-secret.ts'
import { ADOPTED, type Sealed } from './secrets.ts'
import { knownRoots, unwrapKey, wrapKey } from './wrap-key.ts'

/** How far a rotation of the root secret has come. */
export interface RotationProgress {
  /** Name of the root secret that keys are wrapped under now. */
  readonly current: string
  /** Names of the others that this Weir has. */
  readonly others: readonly string[]
  /** Accounts that have keys. */
  readonly accounts: number
  /** Those of them whose keys are still wrapped otherwise, or have not reached the data plane. */
  readonly waiting: number
  /** Data keys by the name of the root secret that wraps them. */
  readonly wrappedBy: Readonly<Record<string, number>>
}

/** Accounts that are read at a time. */
const BATCH = 200

/**
 * What is still to be done before the other root secrets can be taken away: nothing once `waiting` is 0.
 *
 * @param first the account whose secrets a root secret may have sealed itself, see {@link rewrapKeys}
 */
export async function rotationProgress(env: Env, first: string): Promise<RotationProgress> {
  const [current, ...others] = await knownRoots(env)
  const wrappedBy: Record<string, number> = {}
  const waiting = new Set(await unpublished(env))
  let accounts = 0
  let hasFirst = false
  for await (const { id, doc } of eachAnywhere(env.DB, accountKeys, BATCH)) {
    accounts++
    hasFirst ||= id === first
    if (isToDo(doc, current!, others.length > 0 && id === first)) waiting.add(id)
    for (const { key = '' } of Object.values(doc.dataKeys)) wrappedBy[key] = (wrappedBy[key] ?? 0) + 1
  }
  if (!hasFirst && others.length > 0) waiting.add(first)
  return { current: current!, others, accounts, waiting: waiting.size, wrappedBy }
}

async function unpublished(env: Env): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT id FROM publications WHERE kind = ? AND published < wanted',
  )
    .bind(KEYS_PUBLICATION)
    .all<{ id: string }>()
  return results.map(({ id }) => id)
}

const isToDo = ({ dataKeys }: AccountKeys, current: string, adopts: boolean): boolean =>
  Object.values(dataKeys).some(({ key }) => key !== current) || (adopts && !hasAdopted(dataKeys))

const hasAdopted = (dataKeys: AccountKeys['dataKeys']): boolean =>
  Object.keys(dataKeys).some(id => id.startsWith(ADOPTED))

/**
 * Wraps data keys under the current root secret that are under another one this Weir has; what they sealed stays as it
 * is. With one root secret there is nothing to do, and the database is not asked.
 *
 * Before there were data keys, the root secret itself sealed what was secret, in the one account that there was: that
 * account keeps it as a data key from then on, so that the secret can be taken away.
 *
 * @param first that account
 * @param limit accounts at a time: the next minute does the next ones
 * @returns how many accounts' keys it wrapped anew
 */
export async function rewrapKeys(env: Env, first: string, limit = 50): Promise<number> {
  // Whoever has none at all needs none: nothing is sealed.
  if (!env.WEIR_ENCRYPTION_KEY_PREVIOUS) return 0
  const [, ...others] = await knownRoots(env)
  if (others.length === 0) return 0
  // It may not have sealed anything since.
  await obtainAccountKeys(env, first)
  const { results } = await env.DB.prepare(
    `SELECT id FROM resources WHERE kind = '${accountKeys.name}' AND id > ''
     AND (EXISTS (SELECT 1 FROM json_each(doc, '$.dataKeys')
                  WHERE value ->> '$.key' IN (SELECT value FROM json_each(?)))
       OR (id = ? AND NOT EXISTS (SELECT 1 FROM json_each(doc, '$.dataKeys') WHERE key LIKE ?)))
     ORDER BY random() LIMIT ?`,
  )
    .bind(JSON.stringify(others), first, `${ADOPTED}%`, limit)
    .all<{ id: string }>()
  let done = 0
  for (const { id } of results) {
    try {
      if (await rewrap(env, id, id === first)) done++
    } catch (error) {
      // Another isolate wraps it at this moment.
      if (!(error instanceof StaleRevision)) console.warn(`keys of account ${id} stay as they are`, error)
    }
  }
  return done
}

async function rewrap(env: Env, account: string, adopts: boolean): Promise<boolean> {
  const stored = await new Records(env.DB, keysPlace(account)).get(accountKeys, '', account)
  if (!stored) return false
  const [current, ...others] = await rootSecrets(env)
  const dataKeys: Record<string, Sealed> = {}
  for (const [id, wrapped] of Object.entries(stored.doc.dataKeys)) {
    dataKeys[id] =
      wrapped.key === current!.id
        ? wrapped
        : await wrapKey(env, account, id, await unwrapKey(env, account, id, wrapped))
  }
  if (adopts && !hasAdopted(dataKeys)) {
    for (const root of others) {
      const id = `${ADOPTED}${root.id}`
      dataKeys[id] = await wrapKey(env, account, id, root.bytes)
    }
  }
  await replaceKeys(env, account, stored, { ...stored.doc, dataKeys })
  return true
}
