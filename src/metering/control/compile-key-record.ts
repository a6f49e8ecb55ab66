import type { Account } from '../../lib/account.ts'
import { ACCOUNT_THROTTLE } from '../account-limits.ts'
import { chosenBy } from '../failure-policy.ts'
import type { KeyPlan, KeyRecord, Throttle } from '../key-record.ts'
import type { KeyMoney } from '../money/budget.ts'
import type { ApiKeyRecord, PartialThrottle, PlanKeyRecord, UsagePlanRecord } from './metering-records.ts'

/** A key and the plans it is on, as the database had them at one moment. */
export interface KeyWithPlans {
  readonly keyId: string
  readonly key: ApiKeyRecord
  readonly plans: readonly {
    readonly planId: string
    readonly plan: UsagePlanRecord
    readonly member: PlanKeyRecord
  }[]
}

/** What admission has to know of a key; `found` undefined: there is no key of this value any more. */
export function compileKeyRecord(
  account: Account,
  version: number,
  found: KeyWithPlans | undefined,
  money?: KeyMoney,
): KeyRecord {
  // `created` orders records of different keys with one value where versions start again with each key. Here they do
  // not: they go on growing with the value.
  const common = { schema: 1, version, created: 0, account: account.id, region: account.region } as const
  if (!found) return { ...common, keyId: '', name: '', enabled: false, deleted: true, plans: [] }
  const { keyId, key, plans } = found
  return {
    ...common,
    keyId,
    name: key.name ?? '',
    customerId: key.customerId,
    enabled: key.enabled,
    ...(money && { money }),
    plans: plans.map(
      ({ planId, plan, member }): KeyPlan => ({
        planId,
        since: member.since,
        throttle: wholeThrottle(plan.throttle),
        quota: plan.quota,
        ...(plan.tags?.[TELLS_LIMITS] === 'on' && { tellsLimits: true }),
        ...(chosenBy(plan.tags) && { whenUnreachable: chosenBy(plan.tags) }),
        stages: plan.apiStages.map(({ apiId, stage, throttle }) => ({
          apiId,
          stage,
          throttle: throttle && wholeThrottles(throttle),
        })),
        extraQuota: member.extraQuota,
      }),
    ),
  }
}

/** A tag of usage plans: whether responses say what is left. */
const TELLS_LIMITS = 'weir:rate-limit-headers'

/** A plan that sets a rate or a burst alone leaves the other to the account's limit. */
function wholeThrottle(throttle: PartialThrottle | undefined): Throttle | undefined {
  if (throttle?.rateLimit === undefined && throttle?.burstLimit === undefined) return undefined
  return {
    rateLimit: throttle.rateLimit ?? ACCOUNT_THROTTLE.rateLimit,
    burstLimit: throttle.burstLimit ?? ACCOUNT_THROTTLE.burstLimit,
  }
}

function wholeThrottles(throttles: Readonly<Record<string, PartialThrottle>>): Record<string, Throttle> {
  const whole = Object.entries(throttles).map(
    ([method, throttle]) => [method, wholeThrottle(throttle)] as const,
  )
  return Object.fromEntries(whole.filter((entry): entry is [string, Throttle] => entry[1] !== undefined))
}
