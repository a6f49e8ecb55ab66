import type { KeyRecord } from './key-record.ts'
import type { LeaseRequest } from './lease-protocol.ts'

/**
 * A bucket that all requests of one method of a stage draw from, whoever sends them. Its limits travel with each call
 * instead of lying in the store: the isolate has them from the stage's pointer, whose generation says which of two
 * are newer.
 */
export interface MethodThrottle {
  /** Requests per second. */
  readonly rate: number
  /** Requests. */
  readonly burst: number
  readonly version: number
  /** What the stage's owner has chosen for when the meter is out of reach; absent: requests are refused. */
  readonly whenUnreachable?: 'pass'
}

/** The name of the meter object of a method: `GET /pets/{id}`. An API's id is never given twice. */
export const throttleMeterName = (
  account: string,
  region: string,
  apiId: string,
  stage: string,
  method: string,
): string => `throttles/${account}/${region}/${apiId}/${stage}/${method}`

/** What a meter works by, made from the call: one plan without a quota, which everybody is on. */
export function throttleRecord({ apiId, stage }: LeaseRequest, throttle: MethodThrottle): KeyRecord {
  return {
    schema: 1,
    version: throttle.version,
    created: 0,
    account: '',
    region: '',
    keyId: 'everybody',
    name: '',
    enabled: true,
    kind: 'method',
    plans: [
      {
        planId: 'method',
        since: 0,
        throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
        stages: [{ apiId, stage }],
        ...(throttle.whenUnreachable && { whenUnreachable: throttle.whenUnreachable }),
      },
    ],
  }
}

/** Whether two say the same, whatever their versions. */
export const sameLimits = (a: MethodThrottle | undefined, b: MethodThrottle | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.rate === b.rate && a.burst === b.burst)
