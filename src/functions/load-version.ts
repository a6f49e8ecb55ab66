import { waitUntil, exports as workerExports } from 'cloudflare:workers'
import type { Env } from '../env.ts'
import { functionArn } from '../lib/arn.ts'
import { ByteLru } from '../lib/byte-lru.ts'
import { sha256Hex } from '../lib/hash.ts'
import { SharedLoads } from '../lib/shared-loads.ts'
import { codeKeys } from './code-keys.ts'
import { openEnvironment } from './control/seal-environment.ts'
import { storeCode } from './control/store-code.ts'
import type { Manifest } from './manifest.ts'
import type { OutboundProps } from './outbound.ts'
import { COMPATIBILITY_DATE, SHIM_VERSION, workerCode } from './runtime/code-for.ts'
import { Slots } from './slots.ts'

/** A version as this isolate knows it: its manifest and the isolates that run it. */
export interface LoadedVersion {
  readonly manifest: Manifest
  readonly slots: Slots
  /** Names the version's isolates; a slot's number is appended. Equal for equal content, never for another function. */
  readonly loaderId: string
  /** Slots whose code was fetched before: only their first use has to wait for the store. */
  readonly loaded: Set<number>
  /** Why the loader could not be given the code for a slot; the loader remembers that, so the slot is lost. */
  readonly failedLoads: Map<number, unknown>
  /** Of `/aws/lambda/{name}`: `2026/11/22/[3]0123456789abcdef0123456789abcdef` */
  readonly logStream: string
}

/** Manifests kept: 8 MB, some thousands. */
const MANIFEST_BYTES = 8 * 1024 * 1024

/** Code kept for further slots of busy versions; larger packages are read from the store for each slot. */
const CODE_BYTES = 16 * 1024 * 1024

/** How long a call waits for a package that another one is reading, before it reads it itself. */
const JOINED_LOAD_MS = 10_000

export class MissingVersion extends Error {}

/** Loads versions of functions into isolates of their own. */
export class VersionLoader {
  readonly #env: Env
  readonly #versions = new ByteLru<LoadedVersion>(MANIFEST_BYTES)
  readonly #code = new ByteLru<WorkerLoaderWorkerCode>(CODE_BYTES)
  readonly #loads = new SharedLoads<WorkerLoaderWorkerCode>({ defer: waitUntil, patience: JOINED_LOAD_MS })

  constructor(env: Env) {
    this.#env = env
  }

  /** Without a promise when this isolate has met the version before. Throws {@link MissingVersion}. */
  version(manifestKey: string): LoadedVersion | Promise<LoadedVersion> {
    return this.#versions.get(manifestKey) ?? this.#read(manifestKey)
  }

  /**
   * The isolate in a slot of a version. Code is fetched before the loader is asked, because a failed load sticks to
   * its id for as long as the isolate lives. Without a promise when the slot was used before; should the loader have
   * dropped its isolate since, and the code then not be readable, {@link VersionLoader.takeFailure} tells.
   */
  entrypoint(version: LoadedVersion, slot: number): Fetcher | Promise<Fetcher> {
    if (!version.loaded.has(slot)) return this.#firstEntrypoint(version, slot)
    const load = async () => {
      try {
        return await this.#codeOf(version)
      } catch (error) {
        version.failedLoads.set(slot, error)
        throw error
      }
    }
    return this.#env.LOADER.get(idOf(version, slot), load).getEntrypoint()
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
  }

  async #firstEntrypoint(version: LoadedVersion, slot: number): Promise<Fetcher> {
    const code = await this.#codeOf(version)
    version.loaded.add(slot)
    return this.#env.LOADER.get(idOf(version, slot), () => code).getEntrypoint()
  }

  async #read(manifestKey: string): Promise<LoadedVersion> {
    const object = await this.#env.STORE.get(manifestKey)
    if (!object) throw new MissingVersion(manifestKey)
    const text = await object.text()
    // Another request may have read it meanwhile; two sets of slots for one version would call each other busy.
    const known = this.#versions.get(manifestKey)
    if (known) return known
    const hash = await sha256Hex(`${SHIM_VERSION}\n${COMPATIBILITY_DATE}\n${text}`)
    const raced = this.#versions.get(manifestKey)
    if (raced) return raced
    const manifest = JSON.parse(text) as Manifest
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/')
    const version: LoadedVersion = {
      manifest,
      slots: new Slots(),
      loaderId: hash,
      loaded: new Set(),
      failedLoads: new Map(),
      logStream: `${day}/[${manifest.version}]${crypto.randomUUID().replaceAll('-', '')}`,
    }
    this.#versions.set(manifestKey, version, text.length * 2)
    return version
  }

  /** Its way out is made anew for every load: a stub belongs to the request that made it. */
  async #codeOf(version: LoadedVersion): Promise<WorkerLoaderWorkerCode> {
    const { account, role } = version.manifest
    const props: OutboundProps = { account: account.id, region: account.region, role }
    const globalOutbound = (workerExports as unknown as OutboundExports).Outbound({ props })
    return { ...(await this.#packageOf(version)), globalOutbound }
  }

  /**
   * Read once for all calls that wait for it: a package may fill half of what an isolate has, and a burst on a cold
   * version would hold it many times over.
   */
  async #packageOf(version: LoadedVersion): Promise<WorkerLoaderWorkerCode> {
    const { loaderId } = version
    const kept = this.#code.get(loaderId)
    if (kept) return kept
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
    const [{ index, archive }, variables] = await Promise.all([
      this.#prepared(manifest),
      manifest.environment ? openEnvironment(this.#env, manifest.uid, manifest.environment) : {},
    ])
    const code = await workerCode({
      index: await index.json(),
      archive: archive.body,
      handler: manifest.handler,
      environment: { ...variables, ...reservedVariables(version) },
      globalOutbound: null,
    })
    this.#code.set(version.loaderId, code, archive.size * 2)
    return code
  }

  /** Code that another release of Weir prepared in its own form is prepared again from the upload, once. */
  async #prepared({
    code,
    name,
    version,
  }: Manifest): Promise<{ index: R2ObjectBody; archive: R2ObjectBody }> {
    const { STORE } = this.#env
    const keys = codeKeys(code)
    for (let prepared = false; ; prepared = true) {
      const [index, archive] = await Promise.all([STORE.get(keys.index), STORE.get(keys.archive)])
      if (index && archive) return { index, archive }
      const zip = prepared ? null : await STORE.get(keys.zip)
      if (!zip) throw new MissingVersion(`the code of ${name}:${version} is not in the store`)
      await storeCode(STORE, new Uint8Array(await zip.arrayBuffer()))
    }
  }
}

const idOf = ({ loaderId }: LoadedVersion, slot: number): string => `${loaderId}.${slot}`

interface OutboundExports {
  Outbound(options: { props: OutboundProps }): Fetcher
}

/**
 * What Lambda sets itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 * The credentials are placeholders. Whatever rotates would make a new isolate, and billed one at that; Outbound
 * knows the role and signs in its name.
 */
function reservedVariables({ manifest, logStream }: LoadedVersion): Record<string, string> {
  return {
    _HANDLER: manifest.handler,
    AWS_ACCESS_KEY_ID: 'ASIAWEIRPLACEHOLDER0',
    AWS_SECRET_ACCESS_KEY: 'placeholder',
    AWS_SESSION_TOKEN: 'placeholder',
    AWS_REGION: manifest.account.region,
    AWS_DEFAULT_REGION: manifest.account.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${manifest.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: manifest.name,
    AWS_LAMBDA_FUNCTION_VERSION: manifest.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(manifest.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: manifest.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    NODE_PATH: '/opt/nodejs/node_modules:/var/runtime/node_modules',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: ':UTC',
  }
}

export const invokedArn = (manifest: Manifest, qualifier: string | undefined): string =>
  functionArn(manifest.account, manifest.name, qualifier)
