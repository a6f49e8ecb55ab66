import { waitUntil } from 'cloudflare:workers'
import { systemClock } from './lib/clock.ts'
import { PointerCache } from './pointers/pointer-cache.ts'
import { type PointerStore, pointerReader } from './pointers/pointer-store.ts'
import type { StrangerGuard } from './protection/stranger-guard.ts'

/**
 * What one isolate remembers of the pointers of one kind.
 *
 * @param strangers asked about names that clients choose
 */
export const isolatePointers = <T>(store: PointerStore, strangers?: StrangerGuard): PointerCache<T> =>
  new PointerCache<T>({ read: pointerReader(store), clock: systemClock, defer: waitUntil, strangers })
