import { LEASE_PROTOCOL, type LeaseRequest } from './lease-protocol.ts'

/** Callers are our own isolates, perhaps of a neighbouring version of Weir: shapes are checked, not trusted. */
export function assertLeaseRequest(request: LeaseRequest): void {
  const { protocol, id, waiting, extra, rtt, returns, passed = 0 } = request
  if (protocol !== LEASE_PROTOCOL) throw new Error(`lease protocol ${protocol} is not spoken here`)
  const counts = [waiting, extra, passed]
  if (typeof id !== 'string' || !Array.isArray(returns) || !(rtt >= 0))
    throw new Error('malformed lease request')
  for (const returned of returns) counts.push(returned.leased, returned.decided, returned.spent ?? 0)
  if (!counts.every(count => Number.isSafeInteger(count) && count >= 0))
    throw new Error('a lease request counts in whole numbers')
}
