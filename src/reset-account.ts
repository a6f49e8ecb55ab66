import type { Env } from './env.ts'
import { functionPointerName } from './functions/manifest.ts'
import { accountId } from './identity/credentials.ts'

interface Published {
  kind: string
  region: string
  id: string
}

const TABLES = ['resources', 'publications', 'usage']

/**
 * Forgets everything of the local account: test suites start from nothing. Only what a name leads to is removed;
 * documents in the store are named by hashes and by ids that are never given twice, so nothing finds them again,
 * except the records of API keys, whose names come from values that a user may choose again.
 */
export async function resetAccount(env: Env): Promise<void> {
  const account = accountId(env)
  const [published, keys] = await Promise.all([
    env.DB.prepare('SELECT kind, region, id FROM publications WHERE account = ?')
      .bind(account)
      .all<Published>(),
    keyDocuments(env, account),
  ])
  const meters = new Set(keys.map(key => key.replace(/\.(json|born)$/, '')))
  await Promise.all([
    ...published.results.map(pointer => forget(env, account, pointer)),
    ...[...meters].map(name => env.KEY_METER.getByName(name).forget()),
    keys.length > 0 ? env.STORE.delete(keys) : undefined,
  ])
  await env.DB.batch(
    TABLES.map(table => env.DB.prepare(`DELETE FROM ${table} WHERE account = ?`).bind(account)),
  )
}

async function keyDocuments(env: Env, account: string): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page = await env.STORE.list({ prefix: `keys/${account}/`, cursor })
    keys.push(...page.objects.map(object => object.key))
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor)
  return keys
}

async function forget(env: Env, account: string, { kind, region, id }: Published): Promise<void> {
  if (kind === 'function')
    await env.ALIAS_ROUTER.getByName(functionPointerName({ id: account, region }, id)).forget()
  if (kind === 'api') await env.STAGE_ROUTER.getByName(id).forget()
}
