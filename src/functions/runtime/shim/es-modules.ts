import type { Builtins } from './builtins.ts'
import { type CommonJsModule, type ModuleClass, parseJson } from './commonjs.ts'
import { codedError, fileUrl, type PackageFiles, type Wrapper } from './package-files.ts'
import { dirname, type Resolver } from './resolve-module.ts'

type Namespace = Record<string, unknown>

/** A module of a graph: one object for as long as the function's state lasts. */
interface ModuleRecord {
  /** A path, or a built-in's name. */
  readonly id: string
  readonly kind: 'esm' | 'cjs' | 'json' | 'builtin'
  namespace: Namespace
  /** Of an ES module: what it imports, in order. */
  dependencies: ModuleRecord[]
  wrapper?: Wrapper
  setImports?: (namespaces: Namespace[]) => void
  /** Runs the body. */
  start?: () => Promise<unknown> | undefined
  linked: boolean
  evaluation: 'none' | 'begun' | 'done'
  /** Settles with the evaluation, if that is not finished at once. */
  promise?: Promise<void>
  failed?: { error: unknown }
  /** What `require` returns; see {@link EsModules.require}. */
  required?: unknown
}

export interface EsModuleParts {
  files: PackageFiles
  resolver: Resolver
  builtins: Builtins
  Module: ModuleClass
}

/**
 * Links and evaluates converted ES modules (see prepare/convert-es-module.ts) by the rules of the language: first
 * all modules of a graph are instantiated and their bindings connected, then they run, dependencies first.
 */
export class EsModules {
  readonly #parts: EsModuleParts
  readonly #records = new Map<string, ModuleRecord>()

  constructor(parts: EsModuleParts) {
    this.#parts = parts
  }

  /** `import()`. */
  async import(specifier: unknown, parent: string, options?: unknown): Promise<unknown> {
    const attributes = (options as { with?: Record<string, string> } | undefined)?.with
    const record = this.#load(String(specifier), parent, attributes)
    this.#link(record)
    await this.#evaluate(record)
    return record.namespace
  }

  /** `import()` of a file by its path. */
  async importFile(path: string): Promise<Namespace> {
    const record = this.#record(path, undefined)
    this.#link(record)
    await this.#evaluate(record)
    return record.namespace
  }

  /**
   * `require` of an ES module, which Node 22 allows if nothing in its graph awaits at top level:
   * https://nodejs.org/docs/latest-v22.x/api/modules.html#loading-ecmascript-modules-using-require
   */
  require(path: string): unknown {
    const record = this.#record(path, undefined)
    if (record.required !== undefined) return record.required
    this.#link(record)
    if (awaits(record, new Set())) {
      throw codedError(
        'ERR_REQUIRE_ASYNC_MODULE',
        'require() cannot be used on an ESM graph with top-level await. Use import() instead. ' +
          'To see where the top-level await comes from, use --experimental-print-required-tla.',
      )
    }
    this.#evaluate(record)
    if (record.failed) throw record.failed.error
    const { namespace } = record
    if ('module.exports' in namespace) record.required = namespace['module.exports']
    else if ('default' in namespace && !('__esModule' in namespace)) {
      const copy = Object.create(null, Object.getOwnPropertyDescriptors(namespace)) as Namespace
      Object.defineProperty(copy, '__esModule', { value: true, enumerable: true })
      record.required = copy
    } else record.required = namespace
    return record.required
  }

  #load(specifier: string, parent: string, attributes: Record<string, string> | undefined): ModuleRecord {
    const { builtins, resolver } = this.#parts
    if (builtins.has(specifier)) return this.#record(specifier, attributes)
    if (specifier.startsWith('node:')) {
      throw codedError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${specifier}`)
    }
    return this.#record(resolver.resolve(specifier, parent, 'import'), attributes)
  }

  #record(id: string, attributes: Record<string, string> | undefined): ModuleRecord {
    const { builtins, files } = this.#parts
    const kind = builtins.has(id) ? undefined : files.kind(id)
    checkAttributes(id, kind, attributes)
    const known = this.#records.get(id)
    if (known) return known
    const record = this.#create(id, kind)
    this.#records.set(id, record)
    if (record.kind === 'esm') {
      try {
        record.dependencies = (record.wrapper!.i ?? []).map(([specifier, , attributes]) =>
          this.#load(specifier, id, attributes),
        )
      } catch (error) {
        this.#records.delete(id)
        throw error
      }
    }
    return record
  }

  #create(id: string, kind: string | undefined): ModuleRecord {
    const { files } = this.#parts
    const base = { id, dependencies: [], linked: false, evaluation: 'none' } as const
    switch (kind) {
      case undefined:
        return { ...base, dependencies: [], kind: 'builtin', namespace: {} }
      case 'j':
        return { ...base, dependencies: [], kind: 'json', namespace: namespaceOf(['default']) }
      case 'c': {
        const names = [...this.#namesOf(id, new Set())]
        return {
          ...base,
          dependencies: [],
          kind: 'cjs',
          namespace: namespaceOf(['default', 'module.exports', ...names]),
        }
      }
      case 'm':
        return { ...base, dependencies: [], kind: 'esm', namespace: {}, wrapper: files.wrapper(id) }
      case 's':
        throw files.syntaxError(id) ?? new SyntaxError(`${id} does not parse`)
      case 'l':
        throw new SyntaxError(`${id} is an ES module too large to load; bundle it as CommonJS or split it`)
      default:
        throw codedError(
          'ERR_UNKNOWN_FILE_EXTENSION',
          `Unknown file extension "${/\.[^./]*$/.exec(id)?.[0] ?? ''}" for ${id}`,
          TypeError,
        )
    }
  }

  /** What an ES module can import from a CommonJS file by name. */
  #namesOf(path: string, seen: Set<string>): Set<string> {
    const { files, resolver, builtins } = this.#parts
    const names = new Set<string>()
    if (seen.has(path)) return names
    seen.add(path)
    const wrapper = files.wrapper(path)
    for (const name of wrapper.n?.split('\n') ?? []) names.add(name)
    for (const specifier of wrapper.r ?? []) {
      if (builtins.has(specifier)) continue
      try {
        const target = resolver.resolve(specifier, path, 'require')
        if (files.kind(target) === 'c') for (const name of this.#namesOf(target, seen)) names.add(name)
      } catch {
        // Running the file will say what is missing, if it comes to that.
      }
    }
    return names
  }

  /** Instantiates a graph and connects its bindings. Nothing of it has run when this fails. */
  #link(root: ModuleRecord): void {
    if (root.linked) return
    const added: ModuleRecord[] = []
    this.#collect(root, added, new Set())
    for (const record of added) this.#instantiate(record)
    for (const record of added) this.#addStars(record, new Set())
    for (const record of added) this.#connect(record)
    for (const record of added) record.linked = true
  }

  #collect(record: ModuleRecord, into: ModuleRecord[], seen: Set<ModuleRecord>): void {
    if (record.linked || seen.has(record)) return
    seen.add(record)
    for (const dependency of record.dependencies) this.#collect(dependency, into, seen)
    into.push(record)
  }

  #instantiate(record: ModuleRecord): void {
    if (record.kind === 'builtin') {
      const { id } = record
      const builtin = this.#parts.builtins.load(id) as object
      record.namespace = {}
      for (const name of Object.keys(builtin)) {
        const { get } = Object.getOwnPropertyDescriptor(builtin, name)!
        // Accessors of the original expect it as `this`, and may be costly: `process.stdin`.
        if (get)
          Object.defineProperty(record.namespace, name, {
            get: () => Reflect.get(builtin, name),
            enumerable: true,
          })
        else record.namespace[name] = (builtin as Namespace)[name]
      }
      record.namespace.default = builtin
      return
    }
    if (record.kind !== 'esm') return
    const { wrapper, id } = record
    const resolveUrl = (specifier: string) => this.#resolveUrl(specifier, id)
    let begin: () => void = () => {}
    const meta = {
      e: (exports: Namespace, setImports: (namespaces: Namespace[]) => void) => {
        record.namespace = exports
        record.setImports = setImports
      },
      d: (specifier: unknown, options?: unknown) => this.import(specifier, id, options),
      p: wrapper!.a ? new Promise<void>(resolve => (begin = resolve)) : undefined,
      get meta() {
        const value = importMeta(id, resolveUrl)
        Object.defineProperty(meta, 'meta', { value })
        return value
      },
    }
    if (wrapper!.a) {
      const finished = wrapper!(meta) as Promise<void>
      record.start = () => {
        begin()
        return finished
      }
    } else {
      const body = wrapper!(meta) as Generator
      body.next()
      record.start = () => {
        body.next()
        return undefined
      }
    }
  }

  #resolveUrl(specifier: string, parent: string): string {
    const { builtins, resolver } = this.#parts
    if (builtins.has(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`
    return fileUrl(resolver.resolve(specifier, parent, 'import'))
  }

  /** Adds the names of `export *`. A name that the module exports itself wins, then the first that brings it. */
  #addStars(record: ModuleRecord, seen: Set<ModuleRecord>): void {
    const stars = record.wrapper?.s
    if (!stars || record.linked || seen.has(record)) return
    seen.add(record)
    for (const at of stars) {
      const dependency = record.dependencies[at]!
      this.#addStars(dependency, seen)
      for (const name of Object.keys(dependency.namespace)) {
        if (name === 'default' || name === 'module.exports' || Object.hasOwn(record.namespace, name)) continue
        const getter = Object.getOwnPropertyDescriptor(dependency.namespace, name)!.get
        // What CommonJS exports is only known after it has run.
        Object.defineProperty(record.namespace, name, {
          get: getter ?? (() => dependency.namespace[name]),
          enumerable: true,
        })
      }
    }
    const sorted: Namespace = {}
    for (const name of Object.keys(record.namespace).sort()) {
      Object.defineProperty(sorted, name, Object.getOwnPropertyDescriptor(record.namespace, name)!)
    }
    record.namespace = sorted
  }

  #connect(record: ModuleRecord): void {
    if (record.kind !== 'esm') return
    const { wrapper, dependencies, id } = record
    wrapper!.i?.forEach(([specifier, names], at) => {
      const dependency = dependencies[at]!
      for (const name of names) {
        if (!Object.hasOwn(dependency.namespace, name)) throw missingExport(id, specifier, name, dependency)
      }
    })
    record.setImports!(dependencies.map(({ namespace }) => namespace))
    seal(record.namespace)
  }

  /** Runs a module after what it imports. A promise if something in the graph awaits at top level. */
  #evaluate(record: ModuleRecord): Promise<void> | undefined {
    if (record.failed) throw record.failed.error
    if (record.evaluation !== 'none') return record.promise
    if (awaits(record, new Set())) return this.#evaluateAwaiting(record)
    this.#evaluateAtOnce(record)
    return undefined
  }

  #evaluateAtOnce(record: ModuleRecord): void {
    if (record.failed) throw record.failed.error
    if (record.evaluation !== 'none') return
    record.evaluation = 'begun'
    try {
      for (const dependency of record.dependencies) this.#evaluateAtOnce(dependency)
      this.#run(record)
    } catch (error) {
      record.failed = { error }
      throw error
    }
    record.evaluation = 'done'
  }

  async #evaluateAwaiting(record: ModuleRecord): Promise<void> {
    await (await this.#begin(record)).finished
  }

  /**
   * Begins to evaluate a graph in which modules await, and resolves when that has come as far as it does without
   * waiting: what is imported beside an awaiting module runs while that waits.
   */
  async #begin(record: ModuleRecord): Promise<{ finished: Promise<void> | undefined }> {
    if (record.failed) throw record.failed.error
    if (record.evaluation !== 'none') return { finished: record.promise }
    record.evaluation = 'begun'
    const pending: Promise<void>[] = []
    try {
      for (const dependency of record.dependencies) {
        const { finished } = await this.#begin(dependency)
        if (finished) pending.push(finished)
      }
      if (pending.length === 0 && !record.wrapper?.a) {
        this.#run(record)
        record.evaluation = 'done'
        return { finished: undefined }
      }
    } catch (error) {
      record.failed = { error }
      throw error
    }
    record.promise = this.#finish(record, pending)
    record.promise.catch(() => {})
    // The body was let go and is next in line.
    if (pending.length === 0) await undefined
    return { finished: record.promise }
  }

  async #finish(record: ModuleRecord, pending: Promise<void>[]): Promise<void> {
    try {
      if (pending.length > 0) await Promise.all(pending)
      await this.#run(record)
      record.evaluation = 'done'
      record.promise = undefined
    } catch (error) {
      record.failed = { error }
      throw error
    }
  }

  #run(record: ModuleRecord): Promise<unknown> | undefined {
    switch (record.kind) {
      case 'esm':
        return record.start!()
      case 'cjs':
        this.#runCommonJs(record)
        return undefined
      case 'json':
        record.namespace.default = parseJson(this.#parts.files.text(record.id), record.id)
        Object.freeze(record.namespace)
        return undefined
      case 'builtin':
        return undefined
    }
  }

  #runCommonJs({ id, namespace }: ModuleRecord): void {
    const exports = this.#parts.Module._load(id, undefined) as CommonJsModule['exports']
    const isObject = (typeof exports === 'object' && exports !== null) || typeof exports === 'function'
    for (const name of Object.keys(namespace)) {
      if (name === 'default' || name === 'module.exports') namespace[name] = exports
      else if (isObject && Object.hasOwn(exports, name)) {
        try {
          namespace[name] = (exports as Namespace)[name]
        } catch {
          // As in Node, a getter that throws leaves the name undefined.
        }
      }
    }
    Object.freeze(namespace)
  }
}

/** Whether a module or anything that it imports awaits at top level and has not finished doing so. */
function awaits(record: ModuleRecord, seen: Set<ModuleRecord>): boolean {
  if (seen.has(record) || record.evaluation === 'done') return false
  seen.add(record)
  return record.wrapper?.a === true || record.dependencies.some(dependency => awaits(dependency, seen))
}

const TAG = { value: 'Module', enumerable: false, configurable: false, writable: false }

function namespaceOf(names: string[]): Namespace {
  const namespace: Namespace = {}
  for (const name of [...new Set(names)].sort()) namespace[name] = undefined
  Object.setPrototypeOf(namespace, null)
  Object.defineProperty(namespace, Symbol.toStringTag, TAG)
  return namespace
}

function seal(namespace: Namespace): void {
  // An object literal whose prototype is removed stays fast; `Object.create(null)` is a dictionary.
  Object.setPrototypeOf(namespace, null)
  Object.defineProperty(namespace, Symbol.toStringTag, TAG)
  Object.preventExtensions(namespace)
}

function importMeta(path: string, resolve: (specifier: string) => string): object {
  return Object.assign(Object.create(null) as object, {
    dirname: dirname(path),
    filename: path,
    main: false,
    resolve,
    url: fileUrl(path),
  })
}

function missingExport(id: string, specifier: string, name: string, dependency: ModuleRecord): SyntaxError {
  const error = new SyntaxError(
    dependency.kind === 'cjs'
      ? `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, which may not support all module.exports as named exports.\n` +
          `CommonJS modules can always be imported via the default export, for example using:\n\n` +
          `import pkg from '${specifier}';\nconst { ${name} } = pkg;\n`
      : `The requested module '${specifier}' does not provide an export named '${name}'`,
  )
  error.stack = `${String(error)}\n    at ${fileUrl(id)}`
  return error
}

/** https://nodejs.org/docs/latest-v22.x/api/esm.html#import-attributes */
function checkAttributes(
  id: string,
  kind: string | undefined,
  attributes: Record<string, string> | undefined,
): void {
  for (const name in attributes) {
    if (name !== 'type') {
      throw codedError(
        'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
        `Import attribute "${name}" with value "${attributes[name]}" is not supported`,
        TypeError,
      )
    }
  }
  const type = attributes?.type
  if (kind === 'j' && type === undefined) {
    throw codedError(
      'ERR_IMPORT_ATTRIBUTE_MISSING',
      `Module "${fileUrl(id)}" needs an import attribute of "type: json"`,
      TypeError,
    )
  }
  if (type !== undefined && type !== 'json') {
    throw codedError(
      'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED',
      `Import attribute "type" with value "${type}" is not supported`,
      TypeError,
    )
  }
  if (type === 'json' && kind !== 'j') {
    throw codedError(
      'ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE',
      `Module "${fileUrl(id)}" is not of type "json"`,
      TypeError,
    )
  }
}
