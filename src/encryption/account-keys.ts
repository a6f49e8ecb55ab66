import type { Env } from '../env.ts'
import { randomBytes } from '../lib/random.ts'
import { pointerReader, writePointer } from '../pointers/pointer-store.ts'
import { Publications, type Publish } from '../records/publications.ts'
import { kind, Records, StaleRevision, type Stored } from '../records/records.ts'
import type { Sealed } from './secrets.ts'
import { wrapKey } from './wrap-key.ts'

/** The data keys of an account, wrapped by root secrets: what the database keeps and the data plane reads. */
export interface AccountKeys {
  readonly schema: 1
  /** Wrapped, by id. See `wrapKey`. */
  readonly dataKeys: Readonly<Record<string, Sealed>>
  /** What new secrets are sealed with. */
  readonly current: string
}

/** Id: the account's. */
export const accountKeys = kind<AccountKeys>('weir.account-keys')

/** Kind of publications; the pointer is the account's number. */
export const KEYS_PUBLICATION = 'account-keys'

/** Keys belong to no region. */
export const keysPlace = (account: string) => ({ id: account, region: 'aws-global' })

/** Name of the IdentityRouter object. */
export const keysPointer = (account: string): string => `account/${account}`

const storeOf = (env: Env) => ({ objects: env.IDENTITY_ROUTER, documents: env.STORE })

/** Hands an account's keys to where the data plane reads them. */
export const publishAccountKeys =
  (env: Env): Publish =>
  async ({ id, region, generation }) => {
    const found = await new Records(env.DB, { id, region }).get(accountKeys, '', id)
    await writePointer(storeOf(env), keysPointer(id), generation, found?.doc ?? null)
  }

/** As the data plane knows them: the database is not asked. */
export async function readAccountKeys(env: Env, account: string): Promise<AccountKeys | undefined> {
  const reply = await pointerReader<AccountKeys>(storeOf(env))(keysPointer(account), undefined)
  return 'doc' in reply ? reply.doc : undefined
}

/**
 * The keys to seal with: the account gets its first data key with its first secret. Of several callers one makes it,
 * and the others find it; whoever has it back may be sure that the data plane can have it, too.
 */
export async function obtainAccountKeys(env: Env, account: string): Promise<AccountKeys> {
  const place = keysPlace(account)
  const records = new Records(env.DB, place)
  const found = await records.get(accountKeys, '', account)
  const doc = found?.doc ?? (await createKeys(env, records, account))
  await publishKeys(env, account)
  return doc
}

async function createKeys(env: Env, records: Records, account: string): Promise<AccountKeys> {
  const id = crypto.randomUUID()
  const raw = randomBytes(32)
  const doc: AccountKeys = {
    schema: 1,
    dataKeys: { [id]: await wrapKey(env, account, id, raw) },
    current: id,
  }
  try {
    await records
      .change()
      .create(accountKeys, { parent: '', id: account }, doc)
      .publish({ kind: KEYS_PUBLICATION, id: account })
      .commit()
    return doc
  } catch (error) {
    const raced = error instanceof StaleRevision && (await records.get(accountKeys, '', account))
    if (!raced) throw error
    return raced.doc
  }
}

/** Writes an account's keys anew; throws {@link StaleRevision} when somebody was faster. */
export async function replaceKeys(
  env: Env,
  account: string,
  stored: Stored<AccountKeys>,
  doc: AccountKeys,
): Promise<void> {
  const records = new Records(env.DB, keysPlace(account))
  await records
    .change()
    .replace(accountKeys, stored, doc)
    .publish({ kind: KEYS_PUBLICATION, id: account })
    .commit()
  await publishKeys(env, account)
}

const publishKeys = (env: Env, account: string): Promise<void> =>
  new Publications(env.DB, { [KEYS_PUBLICATION]: publishAccountKeys(env) }).publish(
    keysPlace(account),
    KEYS_PUBLICATION,
    account,
  )
