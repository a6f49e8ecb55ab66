import { LEASE_PROTOCOL, type LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { TARGET } from './simulated-key.ts'

/** What an isolate sends that wants nothing, but for what the test says. */
export const leaseRequest = (id: string, more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  protocol: LEASE_PROTOCOL,
  id,
  caller: 'isolate',
  ...TARGET,
  waiting: 0,
  extra: 0,
  rtt: 0,
  returns: [],
  ...more,
})
