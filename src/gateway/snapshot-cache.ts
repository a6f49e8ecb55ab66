import { ByteLru } from '../lib/byte-lru.ts'
import { SharedLoads } from '../lib/shared-loads.ts'
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
  readonly #held: ByteLru<PreparedApi>
  readonly #loads: SharedLoads<PreparedApi>

  constructor(options: SnapshotCacheOptions) {
    this.#read = options.read
    this.#held = new ByteLru(options.capacity ?? CAPACITY)
    this.#loads = new SharedLoads({ defer: options.defer, patience: PATIENCE_MS })
  }

  /** Synchronous for a snapshot that is held. Rejects when it cannot be read. */
  get(key: string): PreparedApi | Promise<PreparedApi> {
    return this.#held.get(key) ?? this.#loads.join(key) ?? this.#loads.begin(key, () => this.#load(key))
  }

  clear(): void {
    this.#held.clear()
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
