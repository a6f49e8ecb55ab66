import { waitUntil } from 'cloudflare:workers'
import { ByteLru } from '../lib/byte-lru.ts'
import { systemClock } from '../lib/clock.ts'
import { sha256Hex } from '../lib/hash.ts'
import { PLATFORM_LIMITS } from '../lib/platform-limits.ts'
import { SharedLoads } from '../lib/shared-loads.ts'
import type { CodeSource, StoredPackage } from './code-source.ts'
import type { Manifest } from './manifest.ts'
import type { OutboundProps } from './outbound.ts'
import { LOG_STREAM, reservedVariables, unreservedVariables } from './reserved-variables.ts'
import { COMPATIBILITY_DATE, SHIM_VERSION, workerCode } from './runtime/code-for.ts'
import { SlotLogs } from './slot-logs.ts'
import { Slots } from './slots.ts'
import { Turns } from './turns.ts'

/** A version as this isolate knows it: its manifest and the isolates that run it. */
export interface LoadedVersion {
  readonly manifest: Manifest
  /** Events may overlap in its isolates: its owner said so, or its runtime, as it is a Worker-style module. */
  shared: boolean
  readonly slots: Slots
  readonly turns: Turns
  /** Names the version's isolates; a slot's number is appended. Equal for equal content, never for another function. */
  readonly loaderId: string
  /** Slots whose code was fetched before: only their first use has to wait for the store. */
  readonly loaded: Set<number>
  /** Events that slots have answered since their code was handed over. */
  readonly answered: Map<number, number>
  /** Where the slots' lines go. */
  readonly logs: SlotLogs
  /** Why the loader could not be given the code for a slot; the loader remembers that, so the slot is lost. */
  readonly failedLoads: Map<number, unknown>
  /** Slots whose last call, by its id, ended without the isolate knowing. */
  readonly overdue: Map<number, string>
}

/** Manifests kept: 8 MB, some thousands. */
const MANIFEST_BYTES = 8 * 1024 * 1024

/** Code kept for further slots of busy versions; larger packages are read from the store for each slot. */
const CODE_BYTES = 16 * 1024 * 1024

/** How long a call waits for a package that another one is reading, before it reads it itself. */
const JOINED_LOAD_MS = 10_000

export class MissingVersion extends Error {}

export interface VersionLoaderOptions {
  readonly loader: WorkerLoader
  readonly source: CodeSource
  /** The way out of an isolate, made anew for every load: a stub belongs to the request that made it. */
  readonly outbound: (props: OutboundProps) => Fetcher
}

/** Loads versions of functions into isolates of their own. */
export class VersionLoader {
  readonly #options: VersionLoaderOptions
  readonly #versions = new ByteLru<LoadedVersion>(MANIFEST_BYTES)
  readonly #code = new ByteLru<WorkerLoaderWorkerCode>(CODE_BYTES)
  readonly #loads = new SharedLoads<WorkerLoaderWorkerCode>({ defer: waitUntil, patience: JOINED_LOAD_MS })

  constructor(options: VersionLoaderOptions) {
    this.#options = options
  }

  /** Without a promise when this isolate has met the version before. Throws {@link MissingVersion}. */
  version(manifestKey: string, shared = false, known?: Manifest): LoadedVersion | Promise<LoadedVersion> {
    const key = shared ? `${manifestKey} shared` : manifestKey
    return this.#versions.get(key) ?? this.#read(manifestKey, shared, key, known)
  }

  /**
   * The isolate in a slot of a version. Code is fetched before the loader is asked, because a failed load sticks to
   * its id for as long as the isolate lives. Without a promise when the slot was used before; should the loader have
   * dropped its isolate since, and the code then not be readable, {@link VersionLoader.takeFailure} tells.
   */
  entrypoint(version: LoadedVersion, slot: number): Fetcher | Promise<Fetcher> {
    if (!version.loaded.has(slot)) return this.#firstEntrypoint(version, slot)
    const load = async () => {
      version.answered.delete(slot)
      try {
        return await this.#codeOf(version, slot)
      } catch (error) {
        version.failedLoads.set(slot, error)
        throw error
      }
    }
    return this.#options.loader.get(idOf(version, slot), load).getEntrypoint()
  }

  /** Why a slot's code could not be loaded during a call; undefined when that is not why the call failed. */
  takeFailure(version: LoadedVersion, slot: number): unknown {
    const failure = version.failedLoads.get(slot)
    version.failedLoads.delete(slot)
    return failure
  }

  /** What the slot left behind here is let go of: it is not used again. */
  drop(version: LoadedVersion, slot: number): void {
    version.loaded.delete(slot)
    version.answered.delete(slot)
    version.overdue.delete(slot)
  }

  async #firstEntrypoint(version: LoadedVersion, slot: number): Promise<Fetcher> {
    const code = await this.#codeOf(version, slot)
    version.loaded.add(slot)
    return this.#options.loader.get(idOf(version, slot), () => code).getEntrypoint()
  }

  async #read(
    manifestKey: string,
    shared: boolean,
    key: string,
    given: Manifest | undefined,
  ): Promise<LoadedVersion> {
    const text = given ? JSON.stringify(given) : await this.#options.source.manifest(manifestKey)
    if (text === undefined) throw new MissingVersion(manifestKey)
    // Another request may have read it meanwhile; two sets of slots for one version would call each other busy.
    const known = this.#versions.get(key)
    if (known) return known
    const hash = await sha256Hex(`${SHIM_VERSION}\n${COMPATIBILITY_DATE}\n${shared ? 'shared' : ''}\n${text}`)
    const raced = this.#versions.get(key)
    if (raced) return raced
    const manifest = JSON.parse(text) as Manifest
    const version: LoadedVersion = {
      manifest,
      shared,
      slots: new Slots(),
      turns: new Turns(),
      loaderId: hash,
      loaded: new Set(),
      answered: new Map(),
      logs: new SlotLogs(manifest, systemClock),
      failedLoads: new Map(),
      overdue: new Map(),
    }
    this.#versions.set(key, version, text.length * 2)
    return version
  }

  async #codeOf(version: LoadedVersion, slot: number): Promise<WorkerLoaderWorkerCode> {
    const { account, role, name } = version.manifest
    const globalOutbound = this.#options.outbound({
      account: account.id,
      region: account.region,
      role,
      function: name,
    })
    const code = await this.#packageOf(version)
    // Every isolate has a log stream of its own.
    const env = { ...code.env, [LOG_STREAM]: version.logs.begin(slot).stream }
    return { ...code, env, globalOutbound }
  }

  /**
   * Read once for all calls that wait for it: a package may fill half of what an isolate has, and a burst on a cold
   * version would hold it many times over.
   */
  async #packageOf(version: LoadedVersion): Promise<WorkerLoaderWorkerCode> {
    const { loaderId } = version
    const kept = this.#code.get(loaderId)
    if (kept) {
      // What is in memory is not to be had with a key that was switched off since: every new isolate asks for it.
      if (version.manifest.environment?.kms !== undefined) {
        await this.#options.source.variables(version.manifest)
      }
      return kept
    }
    const joined = this.#loads.join(loaderId)
    if (joined) {
      try {
        return await joined
      } catch {
        // What failed for the other may succeed now.
      }
    }
    return this.#loads.begin(loaderId, () => this.#readPackage(version))
  }

  async #readPackage(version: LoadedVersion): Promise<WorkerLoaderWorkerCode> {
    const { manifest } = version
    const { source } = this.#options
    const [{ index, archive, size }, variables] = await Promise.all([
      this.#stored(manifest.code),
      source.variables(manifest),
    ])
    const layers = new StoredLayers(manifest, hash => this.#stored(hash))
    const code = await workerCode({
      index,
      archive,
      layers,
      handler: manifest.handler,
      environment: {
        ...unreservedVariables(manifest),
        ...variables,
        ...reservedVariables(manifest),
      },
      globalOutbound: null,
      shared: version.shared,
      // For a function that never yields; the platform alone can stop it. Locally nothing does: functions/process/.
      limits: { cpuMs: Math.min(manifest.timeout * 1000, PLATFORM_LIMITS.cpuMs) },
    })
    this.#code.set(version.loaderId, code, (size + layers.size) * 2)
    return code
  }

  async #stored(hash: string): Promise<StoredPackage> {
    const stored = await this.#options.source.code(hash)
    if (!stored) throw new MissingVersion(`the code ${hash} is not in the store`)
    return stored
  }
}

/** A version's layers, each opened when the one before has been read: a request may have few connections open. */
class StoredLayers implements AsyncIterable<StoredPackage> {
  readonly #hashes: readonly string[]
  readonly #open: (hash: string) => Promise<StoredPackage>
  /** Bytes of those that were opened. */
  size = 0

  constructor({ layers = [] }: Manifest, open: (hash: string) => Promise<StoredPackage>) {
    this.#hashes = layers
    this.#open = open
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoredPackage> {
    for (const hash of this.#hashes) {
      const layer = await this.#open(hash)
      this.size += layer.size
      yield layer
    }
  }
}

const idOf = ({ loaderId }: LoadedVersion, slot: number): string => `${loaderId}.${slot}`
