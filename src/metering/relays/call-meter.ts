import type { LeaseReply, LeaseRequest } from '../lease-protocol.ts'
import { type RelayAddress, relayName } from './relay-address.ts'

interface Callable {
  lease(request: LeaseRequest): Promise<LeaseReply>
}

/** The namespaces of the objects, as far as they are called. */
export interface MeterObjects {
  readonly meters: { getByName(name: string): Callable }
  readonly relays: {
    getByName(name: string, options: { readonly locationHint: RelayAddress['place'] }): Callable
  }
}

/** Calls a meter's own object or a relay of it. The relay's object is made near its place by whoever calls it first. */
export const callMeter =
  ({ meters, relays }: MeterObjects) =>
  (name: string, request: LeaseRequest, relay?: RelayAddress): Promise<LeaseReply> =>
    relay
      ? relays.getByName(relayName(name, relay), { locationHint: relay.place }).lease(request)
      : meters.getByName(name).lease(request)
