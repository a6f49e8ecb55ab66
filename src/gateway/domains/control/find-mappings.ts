import type { Account } from '../../../lib/account.ts'
import { basePathMappings, domainNames } from './domain-records.ts'

/** The names of custom domains that lead to an API, or to one stage of it. */
export async function domainsLeadingTo(
  db: D1Database,
  account: Account,
  apiId: string,
  stage?: string,
): Promise<readonly string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT parent FROM resources WHERE account = ? AND region = ? AND kind = '${basePathMappings.name}'
       AND doc ->> '$.restApiId' = ?${stage === undefined ? '' : " AND doc ->> '$.stage' = ?"} ORDER BY parent`,
    )
    .bind(account.id, account.region, apiId, ...(stage === undefined ? [] : [stage]))
    .all<{ parent: string }>()
  return results.map(({ parent }) => parent)
}

/** Who else has one of these names, or a name that matches the pattern (`*.example.com` as `%.example.com`). */
export async function ownersOfNames(
  db: D1Database,
  names: readonly string[],
): Promise<ReadonlyArray<Account & { readonly name: string }>> {
  const { results } = await db
    .prepare(
      `SELECT account, region, id FROM resources WHERE kind = '${domainNames.name}' AND id IN (${names.map(() => '?').join(', ')})`,
    )
    .bind(...names)
    .all<{ account: string; region: string; id: string }>()
  return results.map(({ account, region, id }) => ({ id: account, region, name: id }))
}

/** Accounts that have names right below a domain (`example.com`). */
export async function ownersBelow(db: D1Database, domain: string): Promise<readonly string[]> {
  const { results } = await db
    .prepare(
      `SELECT DISTINCT account FROM resources WHERE kind = '${domainNames.name}' AND substr(id, instr(id, '.') + 1) = ?`,
    )
    .bind(domain)
    .all<{ account: string }>()
  return results.map(({ account }) => account)
}
