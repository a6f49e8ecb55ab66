import { codedError, type NativeRequire } from './package-files.ts'

/** Node's own modules, as workerd has them, with what a function's isolate needs otherwise. */
export class Builtins {
  readonly names: string[]
  readonly #known: Set<string>
  readonly #require: NativeRequire
  readonly #loaded = new Map<string, unknown>()
  /** Applied to a module when it is first required: the modules are mutable, and one instance each. */
  readonly #changes = new Map<string, (module: Record<string, unknown>) => unknown>()

  constructor(require: NativeRequire) {
    this.#require = require
    const { builtinModules } = require('node:module') as { builtinModules: string[] }
    this.names = builtinModules
    this.#known = new Set(builtinModules)
    for (const [name, functions, reason] of UNAVAILABLE) {
      this.change(name, module => refuseFunctions(module, name, functions, reason))
    }
  }

  change(name: string, change: (module: Record<string, unknown>) => unknown): void {
    this.#changes.set(name, change)
  }

  /** `fs`, `node:fs`, `node:test` (which exists under its full name only). */
  has(specifier: string): boolean {
    if (!specifier.startsWith('node:')) return this.#known.has(specifier)
    const name = specifier.slice('node:'.length)
    return this.#known.has(name) || ONLY_PREFIXED.has(name)
  }

  load(specifier: string): unknown {
    const name = specifier.startsWith('node:') ? specifier.slice('node:'.length) : specifier
    if (this.#loaded.has(name)) return this.#loaded.get(name)
    let module = this.#require(`node:${name}`)
    module = this.#changes.get(name)?.(module as Record<string, unknown>) ?? module
    this.#loaded.set(name, module)
    return module
  }
}

const ONLY_PREFIXED = new Set(['test', 'sqlite', 'sea', 'test/reporters'])

const NO_PROCESSES = 'a function runs in an isolate, which cannot start processes'
const NO_CODE = 'a function runs in an isolate, which does not allow code to be made from text'
const NO_THREADS = 'a function runs in an isolate, which has one thread'

const UNAVAILABLE: [name: string, functions: string[], reason: string][] = [
  [
    'child_process',
    ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
    NO_PROCESSES,
  ],
  ['cluster', ['fork', 'setupPrimary', 'setupMaster'], NO_PROCESSES],
  [
    'vm',
    [
      'Script',
      'SourceTextModule',
      'SyntheticModule',
      'compileFunction',
      'runInContext',
      'runInNewContext',
      'runInThisContext',
    ],
    NO_CODE,
  ],
  ['worker_threads', ['Worker'], NO_THREADS],
]

function refuseFunctions(
  module: Record<string, unknown>,
  name: string,
  functions: string[],
  reason: string,
): void {
  for (const key of functions) {
    const original = module[key]
    if (typeof original !== 'function') continue
    // A declaration, which unlike an arrow function can be called with `new`.
    function refuse(): never {
      throw unavailable(`${name}.${key}`, reason)
    }
    // Libraries extend such classes and look at their prototypes without ever making one.
    refuse.prototype = original.prototype as object
    Object.defineProperty(refuse, 'name', { value: key })
    module[key] = refuse
  }
}

function unavailable(what: string, reason: string): Error {
  const { stack = '' } = new Error()
  const place = /(?:file:\/\/)?(\/(?:var\/task|opt)\/[^)\n]*)/.exec(stack)?.[1]
  const where = place === undefined ? '' : ` (called at ${place})`
  return codedError('ERR_METHOD_NOT_IMPLEMENTED', `${what} is not available${where}: ${reason}`)
}
