import type { ShimManifest } from '../shim-manifest.ts'

/** A script's module: the function that it defines, with what prepare/ wrote after it. */
export interface Wrapper {
  (...args: unknown[]): unknown
  /** Static imports: `[specifier, names, attributes?]`. */
  i?: [string, string[], Record<string, string>?][]
  /** Of these, the ones that are exported with all their names. */
  s?: number[]
  /** Awaits at top level. */
  a?: boolean
  /** Names that a CommonJS file exports, one a line; and modules whose names it exports too. */
  n?: string
  r?: string[]
  /** Of an ES module: what it calls imports that have other names where they come from, by `0.name`. */
  l?: Record<string, string>
  /** How much longer the first line is than in the file. */
  o?: number
}

/** Requires a module of this worker by its exact name, compiling it only then. */
export type NativeRequire = (name: string) => unknown

/**
 * The uploaded files, found by absolute path: `/var/task/index.js`, `/opt/nodejs/node_modules/x/index.js`.
 */
export class PackageFiles {
  readonly #files: ShimManifest['files']
  readonly #links: Map<string, string> | undefined
  readonly #syntaxErrors: ShimManifest['syntaxErrors']
  readonly #require: NativeRequire
  #directories: Set<string> | undefined
  readonly #packages = new Map<string, PackageJson | undefined>()
  /** Columns that wrapping added to first lines. */
  readonly offsets = new Map<string, number>()

  constructor(manifest: ShimManifest, require: NativeRequire) {
    this.#files = manifest.files
    this.#syntaxErrors = manifest.syntaxErrors
    this.#require = require
    if (manifest.links.length > 0) this.#links = new Map(manifest.links)
  }

  kind(path: string): string | undefined {
    return this.#files[path]
  }

  isFile(path: string): boolean {
    return this.#files[path] !== undefined
  }

  isDirectory(path: string): boolean {
    return this.directories().has(path)
  }

  /** All directories; known only once somebody asks. */
  directories(): Set<string> {
    if (!this.#directories) {
      this.#directories = new Set(['/'])
      for (const path in this.#files) {
        let slash = path.lastIndexOf('/')
        while (slash > 0 && !this.#directories.has(path.slice(0, slash))) {
          this.#directories.add(path.slice(0, slash))
          slash = path.lastIndexOf('/', slash - 1)
        }
      }
    }
    return this.#directories
  }

  paths(): string[] {
    return Object.keys(this.#files)
  }

  /** The path without symbolic links. */
  real(path: string): string {
    if (!this.#links) return path
    let real = path
    // A link may lead to further ones; as many as the kernel follows.
    for (let hops = 0; hops < 40; hops++) {
      const next = this.#followOne(real)
      if (next === undefined) return real
      real = next
    }
    return path
  }

  #followOne(path: string): string | undefined {
    for (let slash = path.indexOf('/', 1); ; slash = path.indexOf('/', slash + 1)) {
      const head = slash < 0 ? path : path.slice(0, slash)
      const target = this.#links!.get(head)
      if (target !== undefined) return slash < 0 ? target : target + path.slice(slash)
      if (slash < 0) return undefined
    }
  }

  wrapper(path: string): Wrapper {
    let wrapper: Wrapper
    try {
      wrapper = this.#require(moduleName(path)) as Wrapper
    } catch (error) {
      throw error instanceof SyntaxError ? this.locate(error, path) : error
    }
    this.offsets.set(path, wrapper.o ?? 0)
    return wrapper
  }

  /** Says where in a file a syntax error is. */
  locate(error: SyntaxError, path: string): SyntaxError {
    const known = this.#syntaxErrors[path]
    const place = known ? `${path}:${known[1]}:${known[2]}` : path
    error.stack = `${String(error)}\n    at ${place}`
    return error
  }

  /** Of an ES module that could not be converted, or undefined. */
  syntaxError(path: string): SyntaxError | undefined {
    const known = this.#syntaxErrors[path]
    return known && this.locate(new SyntaxError(known[0]), path)
  }

  text(path: string): string {
    const content = this.#require(moduleName(path))
    return typeof content === 'string' ? content : new TextDecoder().decode(content as ArrayBuffer)
  }

  /** The package.json of a directory; undefined when it has none. */
  packageJson(directory: string): PackageJson | undefined {
    if (this.#packages.has(directory)) return this.#packages.get(directory)
    const path = `${directory}/package.json`
    let content: PackageJson | undefined
    if (this.isFile(path)) {
      try {
        content = JSON.parse(this.text(path).replace(/^\ufeff/, '')) as PackageJson
      } catch (cause) {
        throw codedError('ERR_INVALID_PACKAGE_CONFIG', `Invalid package config ${path}.`, Error, { cause })
      }
      if (typeof content !== 'object' || content === null) content = {}
    }
    this.#packages.set(directory, content)
    return content
  }
}

export interface PackageJson {
  name?: string
  main?: unknown
  type?: unknown
  exports?: unknown
  imports?: unknown
}

/** The loader wants relative names, and takes them for URLs. */
export function moduleName(path: string): string {
  return `./${encodePath(path.slice(1))}`
}

/** Escapes what would end a URL's path, or vanish from it; the parser escapes the rest itself, the same everywhere. */
export function encodePath(path: string): string {
  return path.replace(/[%#?\0-\x20]/g, hex)
}

const hex = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** As `import.meta.url` has it. */
export const fileUrl = (path: string): string =>
  `file://${path.replace(/[^\w./@:!$&'()*+,;=~-]+/g, encodeURIComponent)}`

/** An error as Node makes them: with a code, which its stack shows after the name. */
export function codedError(
  code: string,
  message: string,
  Type: ErrorConstructor | TypeErrorConstructor = Error,
  options?: { cause?: unknown },
): Error & { code: string } {
  const error = new Type(message, options) as Error & { code: string }
  error.code = code
  return error
}
