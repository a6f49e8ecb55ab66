import { waitUntil } from 'cloudflare:workers'
import type { Env } from '../../env.ts'
import { systemClock } from '../../lib/clock.ts'
import { PointerCache } from '../../pointers/pointer-cache.ts'
import { pointerReader, writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import type { Sealed } from '../secrets.ts'
import { type KeyPlace, type KeyState, kmsKeys } from './key-records.ts'

/** What the data plane knows of a key of KMS. */
export interface PublishedKmsKey {
  readonly schema: 1
  readonly region: string
  /** Material by id, sealed; `current` is what is encrypted with. */
  readonly material: Readonly<Record<string, Sealed>>
  readonly current: string
  readonly state: KeyState
  /** Milliseconds since the epoch; from then on there is no such key. */
  readonly deletion?: number
  /** JSON text. */
  readonly policy: string
}

/** Kind of publications; the pointer is the key's id. */
export const KMS_KEY_PUBLICATION = 'kms-key'

/** Name of the IdentityRouter object. */
export const kmsKeyPointer = (account: string, id: string): string => `${account}/kms-key/${id}`

const storeOf = (env: Env) => ({ objects: env.IDENTITY_ROUTER, documents: env.STORE })

const caches = new WeakMap<Env, PointerCache<PublishedKmsKey>>()

/** What one isolate remembers of keys, as fresh as all pointers. */
export function publishedKeys(env: Env): PointerCache<PublishedKmsKey> {
  let cache = caches.get(env)
  if (!cache) {
    cache = new PointerCache({ read: pointerReader(storeOf(env)), clock: systemClock, defer: waitUntil })
    caches.set(env, cache)
  }
  return cache
}

/** Undefined when there is none, or none any more. */
export async function publishedKey(
  env: Env,
  { account, id }: KeyPlace,
  now: number,
): Promise<PublishedKmsKey | undefined> {
  const name = kmsKeyPointer(account.id, id)
  const keys = publishedKeys(env)
  const doc = ((await keys.get(name)) ?? (await keys.getNewer(name)))?.doc
  if (!doc || doc.region !== account.region) return undefined
  return doc.deletion !== undefined && doc.deletion <= now ? undefined : doc
}

/** Hands what the data plane must know of a key to its object; this isolate sees it at once. */
export const publishKmsKey =
  (env: Env): Publish =>
  async ({ id: account, region, pointer, generation }) => {
    const found = await new Records(env.DB, { id: account, region }).get(kmsKeys, '', pointer)
    const doc: PublishedKmsKey | null = found
      ? {
          schema: 1,
          region,
          material: found.doc.material,
          current: found.doc.current,
          state: found.doc.state,
          deletion: found.doc.deletion,
          policy: found.doc.policy,
        }
      : null
    const name = kmsKeyPointer(account, pointer)
    await writePointer(storeOf(env), name, generation, doc)
    publishedKeys(env).forget(name)
  }
