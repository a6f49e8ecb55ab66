import type {
  PartialThrottle,
  PlanStageRecord,
  UsagePlanRecord,
} from '../../../metering/control/metering-records.ts'
import { badRequest } from './refusals.ts'

/** The last day of a period on which it may begin, or requests to begin with: AWS allows an offset up to these. */
const LARGEST_OFFSET = {
  DAY: { most: 0, message: 'Usage Plan quota offset must be zero in the DAY period' },
  WEEK: {
    most: 6,
    message: 'Usage Plan quota offset must be between zero and six inclusive in the WEEK period',
  },
  MONTH: {
    most: 27,
    message: 'Usage Plan quota offset must be between zero and 27 inclusive in the MONTH period',
  },
} as const

export function checkPlan(plan: UsagePlanRecord): void {
  if (!plan.name) throw badRequest('Usage plan name cannot be empty')
  checkThrottle(plan.throttle)
  for (const { throttle } of plan.apiStages) Object.values(throttle ?? {}).forEach(checkThrottle)
  const { quota } = plan
  if (!quota) return
  if (quota.limit === undefined || quota.period === undefined) {
    throw badRequest('Usage Plan quota must have a limit and a period')
  }
  if (!(Number.isSafeInteger(quota.limit) && quota.limit >= 0))
    throw badRequest('Usage Plan quota limit must not be negative')
  const bound = LARGEST_OFFSET[quota.period]
  if (!bound) throw badRequest('Usage Plan quota period must be DAY, WEEK or MONTH')
  if (!(quota.offset >= 0 && quota.offset <= bound.most)) throw badRequest(bound.message)
}

function checkThrottle(throttle: PartialThrottle | undefined): void {
  const { rateLimit = 0, burstLimit = 0 } = throttle ?? {}
  if (!(Number.isFinite(rateLimit) && rateLimit >= 0)) {
    throw badRequest('Usage Plan throttle rate limit must not be negative')
  }
  if (!(Number.isSafeInteger(burstLimit) && burstLimit >= 0)) {
    throw badRequest('Usage Plan throttle burst limit must not be negative')
  }
}

export const sameStage = (a: PlanStageRecord, b: PlanStageRecord): boolean =>
  a.apiId === b.apiId && a.stage === b.stage

/** Reads `apiId:stage`. */
export function readApiStage(text: string | undefined): PlanStageRecord {
  const [apiId, stage, ...rest] = text?.split(':') ?? []
  if (!apiId || !stage || rest.length > 0) throw badRequest('Invalid API Stage specified')
  return { apiId, stage }
}
