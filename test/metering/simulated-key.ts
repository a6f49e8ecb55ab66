import type { KeyRecord, Quota, Throttle } from '../../src/metering/key-record.ts'

export const NAME = 'keys/000000000000/us-east-1/simulated'
export const TARGET = { apiId: 'api', stage: 'prod' }

/** The record of a key whose one plan has these limits for one stage. */
export function recordOf(throttle?: Throttle, quota?: Quota, version = 1): KeyRecord {
  return {
    schema: 1,
    version,
    created: 0,
    account: '000000000000',
    region: 'us-east-1',
    keyId: 'key',
    name: 'simulated',
    enabled: true,
    plans: [
      {
        planId: 'plan',
        since: 0,
        stages: [TARGET],
        ...(throttle && { throttle }),
        ...(quota && { quota }),
      },
    ],
  }
}
