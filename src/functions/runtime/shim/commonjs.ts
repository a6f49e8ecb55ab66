import type { Builtins } from './builtins.ts'
import type { EsModules } from './es-modules.ts'
import { codedError, type PackageFiles } from './package-files.ts'
import { dirname, isPath, join, type Resolver } from './resolve-module.ts'

/** The file that requires a function's handler on Lambda. */
export const BOOTSTRAP = '/var/runtime/index.mjs'

export interface RequireFunction {
  (id: string): unknown
  resolve: ((id: string, options?: { paths?: string[] }) => string) & { paths(id: string): string[] | null }
  main: undefined
  extensions: Record<string, (module: CommonJsModule, filename: string) => void>
  cache: Record<string, CommonJsModule | undefined>
}

/** Node's Module, as far as programs and instrumentation libraries use it. */
export interface CommonJsModule {
  id: string
  path: string
  exports: unknown
  filename: string | null
  loaded: boolean
  children: CommonJsModule[]
  paths: string[]
  parent: CommonJsModule | null | undefined
  isPreloading: boolean
  require(id: string): unknown
  load(filename: string): void
}

export interface ModuleClass {
  new (id?: string, parent?: CommonJsModule | null): CommonJsModule
  prototype: CommonJsModule
  _cache: Record<string, CommonJsModule | undefined>
  _extensions: Record<string, (module: CommonJsModule, filename: string) => void>
  _load(request: string, parent?: CommonJsModule | null, isMain?: boolean): unknown
  _resolveFilename(
    request: string,
    parent?: CommonJsModule | null,
    isMain?: boolean,
    options?: { paths?: string[] },
  ): string
  _nodeModulePaths(from: string): string[]
  _resolveLookupPaths(request: string, parent?: CommonJsModule | null): string[] | null
  _findPath(request: string, paths: string[]): string | false
  _pathCache: Record<string, string>
  globalPaths: string[]
  Module: ModuleClass
  createRequire(filename: string | URL): RequireFunction
  isBuiltin(id: string): boolean
  builtinModules: string[]
}

export interface LoaderParts {
  files: PackageFiles
  resolver: Resolver
  builtins: Builtins
  esModules(): EsModules
}

/**
 * Node's CommonJS loader over the uploaded files. Its functions call one another through the class, because
 * libraries that instrument others replace them there.
 */
export function createModuleClass({ files, resolver, builtins, esModules }: LoaderParts): ModuleClass {
  function Module(this: CommonJsModule, id = '', parent?: CommonJsModule | null) {
    this.id = id
    this.path = dirname(id)
    this.exports = {}
    this.parent = parent
    this.filename = null
    this.loaded = false
    this.isPreloading = false
    this.children = []
    this.paths = []
    parent?.children?.push(this)
  }
  const Class = Module as unknown as ModuleClass

  Class.prototype.require = function (id: string): unknown {
    if (typeof id !== 'string') {
      throw codedError(
        'ERR_INVALID_ARG_TYPE',
        `The "id" argument must be of type string. Received ${id === null ? 'null' : `type ${typeof id}`}`,
        TypeError,
      )
    }
    if (id === '') {
      throw codedError(
        'ERR_INVALID_ARG_VALUE',
        `The argument 'id' must be a non-empty string. Received ''`,
        TypeError,
      )
    }
    return Class._load(id, this, false)
  }

  Class.prototype.load = function (filename: string): void {
    this.filename = filename
    this.path = dirname(filename)
    this.paths = [...resolver.lookupPaths(this.path)]
    Class._extensions[extensionOf(filename, Class._extensions)]!(this, filename)
    this.loaded = true
  }

  Class._cache = Object.create(null) as ModuleClass['_cache']
  Class._pathCache = Object.create(null) as Record<string, string>
  Class.globalPaths = []
  Class.Module = Class
  Class.builtinModules = builtins.names
  Class.isBuiltin = id => builtins.has(id)

  Class._extensions = Object.assign(Object.create(null) as ModuleClass['_extensions'], {
    '.js'(module: CommonJsModule, filename: string) {
      switch (files.kind(filename)) {
        case 'c':
          return evaluate(module, filename)
        case 'm':
        case 's':
        case 'l':
          module.exports = esModules().require(filename)
          return
        case 'j':
          return Class._extensions['.json']!(module, filename)
        case 'n':
          return Class._extensions['.node']!(module, filename)
        default:
          throw codedError(
            'ERR_UNKNOWN_FILE_EXTENSION',
            `${filename} was uploaded as data and cannot be required as a script`,
            TypeError,
          )
      }
    },
    '.json'(module: CommonJsModule, filename: string) {
      module.exports = parseJson(files.text(filename), filename)
    },
    '.node'(_module: CommonJsModule, filename: string) {
      throw codedError(
        'ERR_DLOPEN_FAILED',
        `${filename} is a native addon: functions run in an isolate, which cannot load machine code`,
      )
    },
  })

  function evaluate(module: CommonJsModule, filename: string): void {
    const wrapper = files.wrapper(filename)
    const dynamicImport = (specifier: unknown, options?: unknown) =>
      esModules().import(specifier, filename, options)
    wrapper.call(
      module.exports,
      module.exports,
      requireOf(module),
      module,
      filename,
      dirname(filename),
      dynamicImport,
    )
  }

  function requireOf(module: CommonJsModule): RequireFunction {
    const require = ((id: string) => module.require(id)) as RequireFunction
    require.resolve = Object.assign(
      (id: string, options?: { paths?: string[] }) => Class._resolveFilename(id, module, false, options),
      { paths: (id: string) => Class._resolveLookupPaths(id, module) },
    )
    require.main = undefined
    require.extensions = Class._extensions
    require.cache = Class._cache
    return require
  }

  Class._load = (request, parent) => {
    if (builtins.has(request)) return builtins.load(request)
    const filename = Class._resolveFilename(request, parent, false)
    if (builtins.has(filename)) return builtins.load(filename)
    const cached = Class._cache[filename]
    if (cached) {
      if (parent && !parent.children.includes(cached)) parent.children.push(cached)
      return cached.exports
    }
    const module = new Class(filename, parent)
    Class._cache[filename] = module
    let succeeded = false
    try {
      module.load(filename)
      succeeded = true
    } finally {
      if (!succeeded) {
        delete Class._cache[filename]
        const siblings = parent?.children
        if (siblings?.includes(module)) siblings.splice(siblings.indexOf(module), 1)
      }
    }
    return module.exports
  }

  Class._resolveFilename = (request, parent, _isMain, options) => {
    if (builtins.has(request)) return request
    if (request.startsWith('node:')) {
      throw codedError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${request}`)
    }
    const from = parent?.filename ?? parent?.id ?? BOOTSTRAP
    try {
      if (!options?.paths) return resolver.resolve(request, from, 'require')
      for (const path of options.paths) {
        try {
          return resolver.resolve(request, join(path, isPath(request) ? 'x' : './x'), 'require')
        } catch (error) {
          if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') throw error
        }
      }
      throw codedError('MODULE_NOT_FOUND', `Cannot find module '${request}'`)
    } catch (error) {
      throw withRequireStack(error, parent)
    }
  }

  Class._nodeModulePaths = from => resolver.lookupPaths(from).filter(path => path.endsWith('/node_modules'))
  Class._resolveLookupPaths = (request, parent) => {
    if (builtins.has(request)) return null
    const directory = dirname(parent?.filename ?? BOOTSTRAP)
    return isPath(request) ? [directory] : [...resolver.lookupPaths(directory)]
  }
  Class._findPath = (request, paths) => {
    for (const path of paths) {
      try {
        return resolver.resolve(
          request.startsWith('/') ? request : `${path}/${request}`,
          BOOTSTRAP,
          'require',
        )
      } catch {}
    }
    return false
  }
  Class.createRequire = filename => {
    const path = pathOf(filename)
    const module = new Class(path)
    module.filename = path
    module.paths = [...resolver.lookupPaths(dirname(path))]
    return requireOf(module)
  }
  return Class
}

function pathOf(filename: string | URL): string {
  const text = String(filename)
  if (text.startsWith('file:')) return decodeURIComponent(new URL(text).pathname)
  if (text.startsWith('/')) return text
  throw codedError(
    'ERR_INVALID_ARG_VALUE',
    `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received '${text}'`,
    TypeError,
  )
}

/** The longest of the known extensions that the name ends with; `.js` for all others. */
function extensionOf(filename: string, extensions: object): string {
  const name = filename.slice(filename.lastIndexOf('/') + 1)
  for (let dot = name.indexOf('.', 1); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (name.slice(dot) in extensions) return name.slice(dot)
  }
  return '.js'
}

/** As Node says it, naming the chain of files that led to the one that is missing. */
function withRequireStack(error: unknown, parent: CommonJsModule | null | undefined): unknown {
  const missing = error as Error & { code?: string; requireStack?: string[] }
  if (missing.code !== 'MODULE_NOT_FOUND' || missing.requireStack) return error
  const stack: string[] = []
  for (let at = parent; at; at = at.parent) stack.push(at.filename ?? at.id)
  if (stack.at(-1) !== BOOTSTRAP) stack.push(BOOTSTRAP)
  missing.message += `\nRequire stack:\n- ${stack.join('\n- ')}`
  missing.requireStack = stack
  return missing
}

export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch (error) {
    ;(error as Error).message = `${path}: ${(error as Error).message}`
    throw error
  }
}
