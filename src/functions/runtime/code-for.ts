import type { ArchiveIndex, FileKind, Refusal } from '../prepare/archive-index.ts'
import { WASM_ROOT } from '../prepare/extract-wasm.ts'
import { type PackageModules, readArchive } from '../prepare/read-archive.ts'
import { PROVIDED_VERSION } from './provided/packages.generated.ts'
import { PROVIDED_ROOT, providedAmong, providedFiles } from './provided/provided-packages.ts'
import { encodePath } from './shim/package-files.ts'
import { SHIM_VERSION as BARE_SHIM_VERSION, INTERPRETER, SHIM } from './shim.generated.ts'
import {
  type FileLetter,
  INTERPRETER_MODULE,
  MAIN_MODULE,
  MANIFEST_MODULE,
  REQUIRE_MODULE,
  type ShimManifest,
  WASM_MODULES,
} from './shim-manifest.ts'

/** Names all that a loaded worker has beside its function's own package. */
export const SHIM_VERSION = `${BARE_SHIM_VERSION}.${PROVIDED_VERSION}`

/** Of every loaded worker. Part of its identity: a new date is a new worker. */
export const COMPATIBILITY_DATE = '2026-11-01'

/**
 * `new_module_registry` compiles modules when they are first required; without it all of a package's scripts are
 * compiled before the first call, and one that does not parse, as test fixtures do not, fails them all.
 */
const COMPATIBILITY_FLAGS = ['nodejs_compat', 'new_module_registry']

/** A prepared package: what lies in the store, and where it is put. */
export interface PackageSource {
  index: ArchiveIndex
  archive: ReadableStream<Uint8Array>
}

export interface WorkerCodeOptions extends PackageSource {
  /** `index.handler` */
  handler: string
  /** The function's variables and the ones that Lambda sets. */
  environment: Readonly<Record<string, string>>
  globalOutbound: Fetcher | null
  /** Layers, first to last: later ones win. They are put under /opt, and asked for one after the other. */
  layers?: Iterable<PackageSource> | AsyncIterable<PackageSource>
  /** Lets events overlap in one isolate. */
  shared?: boolean
  limits?: WorkerLoaderWorkerCode['limits']
}

/** Makes what the Worker Loader needs to run a function, reading its package from beginning to end. */
export async function workerCode(options: WorkerCodeOptions): Promise<WorkerLoaderWorkerCode> {
  const manifest: ShimManifest = {
    handler: options.handler,
    files: {},
    links: [],
    syntaxErrors: {},
    shared: options.shared ?? false,
    makesCode: false,
  }
  const modules: Record<string, object> = { ...SHIM }
  modules[REQUIRE_MODULE] = { cjs: 'module.exports=id=>require(id)' }
  const missing: string[] = []
  for await (const layer of options.layers ?? []) {
    await add('/opt', layer, manifest, modules)
    missing.push(...layer.index.missingPackages)
  }
  await add('/var/task', options, manifest, modules)
  missing.push(...options.index.missingPackages)
  await addProvided(missing, options.environment.NODE_PATH, manifest, modules)
  if (manifest.makesCode) modules[INTERPRETER_MODULE] = { cjs: INTERPRETER }
  modules[MANIFEST_MODULE] = { text: JSON.stringify(manifest) }
  return {
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    mainModule: MAIN_MODULE,
    modules: modules as WorkerLoaderWorkerCode['modules'],
    env: options.environment,
    globalOutbound: options.globalOutbound,
    ...(options.limits ? { limits: options.limits } : {}),
  }
}

async function add(
  root: string,
  { index, archive }: PackageSource,
  manifest: ShimManifest,
  modules: Record<string, object>,
): Promise<void> {
  const content: PackageModules = await readArchive(archive, index)
  if (manifest.links.length > 0) {
    // What an earlier layer has as a link is a file now.
    const files = new Set(index.files.map(([path]) => `${root}/${path}`))
    manifest.links = manifest.links.filter(([path]) => !files.has(path))
  }
  for (const [path, kind] of index.files) {
    const module = content[path]!
    if (path.startsWith(WASM_ROOT) && 'data' in module) {
      const key = path.slice(WASM_ROOT.length)
      manifest.wasm ??= []
      manifest.wasm.push(key)
      modules[`${WASM_MODULES}${key}.wasm`] = { wasm: module.data }
      continue
    }
    manifest.files[`${root}/${path}`] = LETTERS[kind]
    modules[encodePath(`${root.slice(1)}/${path}`)] = module
  }
  manifest.makesCode ||= index.makesCode
  for (const [path, reason] of index.refused) manifest.files[`${root}/${path}`] = REFUSED[reason]
  for (const [path, target] of index.links) manifest.links.push([`${root}/${path}`, `${root}/${target}`])
  for (const [path, ...error] of index.syntaxErrors) manifest.syntaxErrors[`${root}/${path}`] = error
}

/**
 * The packages that the function or a layer names and that neither has; for most functions none.
 *
 * @param nodePath where layers have packages, `:` between the directories
 */
async function addProvided(
  missing: readonly string[],
  nodePath: string | undefined,
  manifest: ShimManifest,
  modules: Record<string, object>,
): Promise<void> {
  const directories = nodePath?.split(':') ?? []
  const names = providedAmong(missing).filter(
    name => !directories.some(directory => manifest.files[`${directory}/${name}/package.json`] !== undefined),
  )
  if (names.length === 0) return
  for (const [path, kind, module] of await providedFiles(names)) {
    manifest.files[`${PROVIDED_ROOT}/${path}`] = LETTERS[kind]
    modules[encodePath(`${PROVIDED_ROOT.slice(1)}/${path}`)] = module
  }
}

const LETTERS = { cjs: 'c', esm: 'm', json: 'j', data: 'd' } satisfies Record<FileKind, FileLetter>
const REFUSED = { 'native-addon': 'n', syntax: 's', 'too-large': 'l' } satisfies Record<Refusal, FileLetter>
