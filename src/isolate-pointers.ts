import { waitUntil } from 'cloudflare:workers'
import { systemClock } from './lib/clock.ts'
import { PointerCache } from './pointers/pointer-cache.ts'
import { type PointerStore, pointerReader } from './pointers/pointer-store.ts'

/** What one isolate remembers of the pointers of one kind. */
export const isolatePointers = <T>(store: PointerStore): PointerCache<T> =>
  new PointerCache<T>({ read: pointerReader(store), clock: systemClock, defer: waitUntil })
