import type { Account } from '../../lib/account.ts'
import type { KeyWithPlans } from './compile-key-record.ts'
import {
  type ApiKeyRecord,
  apiKeys,
  type PlanKeyRecord,
  planKeys,
  type UsagePlanRecord,
  usagePlans,
} from './metering-records.ts'

interface Row {
  key_id: string
  key_doc: string
  plan_id: string | null
  plan_doc: string | null
  member_doc: string | null
}

// One statement, so one state of the database, and one query of the thousand that an invocation has.
const SQL = `
SELECT k.id AS key_id, k.doc AS key_doc, m.parent AS plan_id, p.doc AS plan_doc, m.doc AS member_doc
FROM resources k
LEFT JOIN json_each(k.doc, '$.plans') listed
LEFT JOIN resources m
  ON m.account = k.account AND m.region = k.region AND m.kind = ?4 AND m.parent = listed.value AND m.id = k.id
LEFT JOIN resources p
  ON p.account = k.account AND p.region = k.region AND p.kind = ?5 AND p.parent = '' AND p.id = m.parent
WHERE k.account = ?1 AND k.region = ?2 AND k.kind = ?3 AND k.alias = ?6`

/** The key of a value (given by its hash) with the plans it is on. */
export async function readKeyWithPlans(
  db: D1Database,
  account: Account,
  valueHash: string,
): Promise<KeyWithPlans | undefined> {
  const { results } = await db
    .prepare(SQL)
    .bind(account.id, account.region, apiKeys.name, planKeys.name, usagePlans.name, valueHash)
    .all<Row>()
  const [first] = results
  if (!first) return undefined
  return {
    keyId: first.key_id,
    key: JSON.parse(first.key_doc) as ApiKeyRecord,
    plans: results.flatMap(({ plan_id, plan_doc, member_doc }) =>
      plan_id === null || plan_doc === null || member_doc === null
        ? []
        : {
            planId: plan_id,
            plan: JSON.parse(plan_doc) as UsagePlanRecord,
            member: JSON.parse(member_doc) as PlanKeyRecord,
          },
    ),
  }
}
