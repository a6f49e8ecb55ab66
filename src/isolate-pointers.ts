import { waitUntil } from 'cloudflare:workers'
import { systemClock } from './lib/clock.ts'
import { PointerCache, type PointerCacheOptions } from './pointers/pointer-cache.ts'
import { type PointerStore, pointerReader } from './pointers/pointer-store.ts'
import type { StrangerGuard } from './protection/stranger-guard.ts'

/**
 * What one isolate remembers of the pointers of one kind.
 *
 * @param strangers asked about names that clients choose
 * @param agesOf how old a document may be served, where it is to be younger than others
 */
export const isolatePointers = <T>(
  store: PointerStore,
  strangers?: StrangerGuard,
  agesOf?: PointerCacheOptions<T>['agesOf'],
): PointerCache<T> =>
  new PointerCache<T>({ read: pointerReader(store), clock: systemClock, defer: waitUntil, strangers, agesOf })
