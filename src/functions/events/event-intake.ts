import { waitUntil } from 'cloudflare:workers'
import { type Env, isLocal } from '../../env.ts'
import type { Clock } from '../../lib/clock.ts'
import { PointerCache } from '../../pointers/pointer-cache.ts'
import { pointerReader } from '../../pointers/pointer-store.ts'
import type { FunctionPointer } from '../manifest.ts'
import type { CallIntake } from './accept-call.ts'
import type { EventIntake } from './accept-event.ts'

/** What events are accepted with, in a worker or in an object. */
export const eventIntakeOf = (env: Env, clock: Clock): EventIntake => ({
  store: env.STORE,
  queue: env.INVOCATIONS,
  clock,
  queueForgets: isLocal(env),
})

const pointerCaches = new WeakMap<Env, PointerCache<FunctionPointer>>()

/** What services' calls of functions are accepted with in an object, which has no part in what its isolate serves. */
export function callIntakeOf(env: Env, clock: Clock): CallIntake {
  let pointers = pointerCaches.get(env)
  if (!pointers) {
    const store = { objects: env.ALIAS_ROUTER, documents: env.STORE }
    pointers = new PointerCache({ read: pointerReader<FunctionPointer>(store), clock, defer: waitUntil })
    pointerCaches.set(env, pointers)
  }
  return { events: eventIntakeOf(env, clock), pointers, clock }
}
