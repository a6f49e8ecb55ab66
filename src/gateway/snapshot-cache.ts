import { ByteLru } from '../lib/byte-lru.ts'
import { within } from '../lib/within.ts'
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

/** How long a request waits for what another one began to read. */
const PATIENCE_MS = 5_000

/**
 * The APIs that this isolate serves, by the key of their snapshot. A snapshot never changes under its key, so what
 * is held is never checked again, and a warm request reads nothing. The least recently used one goes first.
 */
export class SnapshotCache {
  readonly #read: ReadDocument
  readonly #defer: (work: Promise<unknown>) => void
  readonly #held: ByteLru<PreparedApi>
  readonly #loading = new Map<string, Promise<PreparedApi>>()

  constructor(options: SnapshotCacheOptions) {
    this.#read = options.read
    this.#defer = options.defer
    this.#held = new ByteLru(options.capacity ?? CAPACITY)
  }

  /** Synchronous for a snapshot that is held. Rejects when it cannot be read. */
  get(key: string): PreparedApi | Promise<PreparedApi> {
    const held = this.#held.get(key)
    if (held) return held
    const loading = this.#loading.get(key)
    return loading ? this.#join(key, loading) : this.#start(key)
  }

  clear(): void {
    this.#held.clear()
  }

  #start(key: string): Promise<PreparedApi> {
    const load = this.#load(key).finally(() => this.#loading.delete(key))
    this.#loading.set(key, load)
    this.#defer(load.catch(() => {}))
    return load
  }

  /** Waits for another request's load, which never settles if that request is ended before it. */
  async #join(key: string, loading: Promise<PreparedApi>): Promise<PreparedApi> {
    try {
      return await within(loading, PATIENCE_MS, `reading ${key}`)
    } catch (error) {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
      throw error
    }
  }

  async #load(key: string): Promise<PreparedApi> {
    const text = await this.#read(key)
    if (text === undefined) throw new Error(`snapshot ${key} is not in the store`)
    if (text.length > LARGEST_SNAPSHOT) throw new Error(`snapshot ${key} has ${text.length} characters`)
    const snapshot = JSON.parse(text) as Snapshot
    if (snapshot.schema !== 1)
      throw new Error(`snapshot ${key} has unknown schema ${String(snapshot.schema)}`)
    const api = new PreparedApi(snapshot)
    this.#held.set(key, api, text.length * BYTES_A_CHARACTER)
    return api
  }
}
