import { PreparedApi } from './prepared-api.ts'
import { LARGEST_SNAPSHOT, type Snapshot } from './snapshot.ts'

/** Reads a document of the store as text; undefined when there is none of that key. */
export type ReadDocument = (key: string) => Promise<string | undefined>

export const documentReader =
  (store: R2Bucket): ReadDocument =>
  async key =>
    (await store.get(key))?.text()

/** Bytes of memory for all snapshots together: a quarter of what an isolate has. */
const CAPACITY = 32 * 1024 * 1024

/** What a character of JSON takes when it is prepared: 2.4 bytes were measured, and templates add to it. */
const BYTES_A_CHARACTER = 4

export interface SnapshotCacheOptions {
  readonly read: ReadDocument
  /** Lets a load outlive the request that started it: others wait for it too. */
  readonly defer: (work: Promise<unknown>) => void
  /** Bytes. */
  readonly capacity?: number
}

interface Held {
  readonly api: PreparedApi
  /** Bytes. */
  readonly size: number
}

/**
 * The APIs that this isolate serves, by the key of their snapshot. A snapshot never changes under its key, so what
 * is held is never checked again, and a warm request reads nothing. The least recently used one goes first.
 */
export class SnapshotCache {
  readonly #read: ReadDocument
  readonly #defer: (work: Promise<unknown>) => void
  readonly #capacity: number
  readonly #held = new Map<string, Held>()
  readonly #loading = new Map<string, Promise<PreparedApi>>()
  #size = 0

  constructor(options: SnapshotCacheOptions) {
    this.#read = options.read
    this.#defer = options.defer
    this.#capacity = options.capacity ?? CAPACITY
  }

  /** Synchronous for a snapshot that is held. Rejects when it cannot be read. */
  get(key: string): PreparedApi | Promise<PreparedApi> {
    const held = this.#held.get(key)
    if (held) {
      // Re-inserted, so that the map's order is the order of use.
      this.#held.delete(key)
      this.#held.set(key, held)
      return held.api
    }
    return this.#loading.get(key) ?? this.#start(key)
  }

  clear(): void {
    this.#held.clear()
    this.#size = 0
  }

  #start(key: string): Promise<PreparedApi> {
    const load = this.#load(key).finally(() => this.#loading.delete(key))
    this.#loading.set(key, load)
    this.#defer(load.catch(() => {}))
    return load
  }

  async #load(key: string): Promise<PreparedApi> {
    const text = await this.#read(key)
    if (text === undefined) throw new Error(`snapshot ${key} is not in the store`)
    if (text.length > LARGEST_SNAPSHOT) throw new Error(`snapshot ${key} has ${text.length} characters`)
    const snapshot = JSON.parse(text) as Snapshot
    if (snapshot.schema !== 1)
      throw new Error(`snapshot ${key} has unknown schema ${String(snapshot.schema)}`)
    const api = new PreparedApi(snapshot)
    const bytes = text.length * BYTES_A_CHARACTER
    this.#held.set(key, { api, size: bytes })
    this.#size += bytes
    for (const [oldest, { size }] of this.#held) {
      if (this.#size <= this.#capacity) break
      this.#held.delete(oldest)
      this.#size -= size
    }
    return api
  }
}
