import fs from 'node:fs'
import { Readable } from 'node:stream'
import { END_OF_SOURCE, unwrap } from '../../prepare/wrapper-text.ts'
import { encodePath, type PackageFiles } from './package-files.ts'
import { normalize } from './resolve-module.ts'
import { TemporaryFiles } from './temporary-files.ts'

type AnyFunction = (...args: unknown[]) => unknown
type Methods = Record<string, unknown>

/** What workerd shows under /bundle are this worker's modules, the package's files among them. */
const BUNDLE = '/bundle'
const TEMPORARY = /^\/tmp(?:\/|$)/
const IN_PACKAGE = /^\/(?:var(?:\/task)?|opt)(?:\/|$)/

/** Functions of `fs` whose first argument is a path, and those whose second is one too. */
const ONE_PATH = [
  'access',
  'chmod',
  'chown',
  'createReadStream',
  'createWriteStream',
  'exists',
  'lstat',
  'mkdir',
  'mkdtemp',
  'open',
  'openAsBlob',
  'opendir',
  'readdir',
  'readFile',
  'readlink',
  'realpath',
  'rm',
  'rmdir',
  'stat',
  'statfs',
  'truncate',
  'unlink',
  'utimes',
  'watch',
  'watchFile',
  'writeFile',
  'appendFile',
]
const TWO_PATHS = ['copyFile', 'cp', 'link', 'rename', 'symlink']

/**
 * Lets `fs` find the uploaded files where they are on Lambda, under /var/task and /opt. workerd keeps them under
 * /bundle, by the names that URLs give them, and scripts as they were wrapped.
 */
export class PackageFileSystem {
  readonly #files: PackageFiles
  #promises: Methods | undefined
  /** What /tmp holds from call to call. */
  readonly temporary = new TemporaryFiles(fs)

  constructor(files: PackageFiles) {
    this.#files = files
  }

  /** Changes `node:fs` in place; what code holds of it stays what `require('fs')` returns. */
  change(fs: Methods): void {
    for (const name of ONE_PATH) {
      this.#wrap(fs, name, 1)
      this.#wrap(fs, `${name}Sync`, 1)
    }
    for (const name of TWO_PATHS) {
      this.#wrap(fs, name, 2)
      this.#wrap(fs, `${name}Sync`, 2)
    }
    fs.promises = this.promises(fs.promises as Methods)
  }

  /** What `fs/promises` is instead; the original is a module's namespace, which nobody can change. */
  promises(original: Methods): Methods {
    if (!this.#promises) {
      this.#promises = { ...original }
      for (const name of ONE_PATH) this.#wrap(this.#promises, name, 1)
      for (const name of TWO_PATHS) this.#wrap(this.#promises, name, 2)
    }
    return this.#promises
  }

  #wrap(methods: Methods, name: string, paths: number): void {
    const original = methods[name] as (AnyFunction & { native?: unknown }) | undefined
    if (typeof original !== 'function') return
    const wrapped = (...args: unknown[]): unknown => {
      const mapped: Mapped[] = []
      for (let at = 0; at < paths; at++) {
        const place = this.#map(args[at])
        if (!place) continue
        args[at] = place.inside
        mapped.push(place)
      }
      if (name === 'createReadStream' && mapped[0] && this.#isWrapped(mapped[0].real)) {
        return this.#streamOf(mapped[0], args[1])
      }
      const last = args.at(-1)
      // Relative to the working directory, which workerd has under /bundle too.
      if (mapped.length === 0) return original.apply(methods, args)
      if (typeof last === 'function' && args.length > 1) {
        args[args.length - 1] = (error: unknown, value: unknown, ...rest: unknown[]) =>
          error
            ? (last as AnyFunction)(restoreError(error, mapped))
            : (last as AnyFunction)(error, this.#restore(name, value, mapped[0]!), ...rest)
      }
      let result: unknown
      try {
        result = original.apply(methods, args)
      } catch (error) {
        throw restoreError(error, mapped)
      }
      if (result instanceof Promise) {
        return result.then(
          value => this.#restore(name, value, mapped[0]!),
          (error: unknown) => {
            throw restoreError(error, mapped)
          },
        )
      }
      return this.#restore(name, result, mapped[0]!)
    }
    methods[name] = Object.assign(wrapped, original)
    if (original.native) (methods[name] as { native?: unknown }).native = wrapped
  }

  /** Undefined for paths outside the package, which are passed on. */
  #map(path: unknown): Mapped | undefined {
    let outside: string
    if (typeof path === 'string') outside = path
    else if (path instanceof URL && path.protocol === 'file:') outside = decodeURIComponent(path.pathname)
    else if (path instanceof Uint8Array) outside = new TextDecoder().decode(path)
    else return undefined
    if (!outside.startsWith('/')) outside = `${process.cwd()}/${outside}`
    outside = normalize(outside)
    if (TEMPORARY.test(outside)) this.temporary.restore()
    if (!IN_PACKAGE.test(outside)) return undefined
    const real = this.#files.real(outside)
    return { outside, real, inside: BUNDLE + encodePath(real) }
  }

  #restore(name: string, value: unknown, file: Mapped): unknown {
    const { outside, real } = file
    switch (name.replace(/Sync$/, '')) {
      case 'readFile':
        return this.#original(real, value)
      case 'realpath':
        return real
      case 'stat':
      case 'lstat':
        if (!this.#isWrapped(real) || !value) return value
        return Object.assign(value, { size: this.#bytesOf(file).length })
      case 'readdir':
        return Array.isArray(value) ? value.map(entry => this.#decodeEntry(entry, outside)) : value
      default:
        return value
    }
  }

  #isWrapped(path: string): boolean {
    const kind = this.#files.kind(path)
    return kind === 'c' || kind === 'm'
  }

  #bytesOf({ real, inside }: Mapped): Uint8Array {
    return this.#original(real, fs.readFileSync(inside)) as Uint8Array
  }

  /** A script as it was uploaded, or the part of it that is asked for; `end` is the last byte. */
  #streamOf(file: Mapped, given: unknown): Readable {
    const {
      start = 0,
      end = Number.POSITIVE_INFINITY,
      encoding,
    } = (typeof given === 'object' && given !== null ? given : { encoding: given }) as {
      start?: number
      end?: number
      encoding?: BufferEncoding
    }
    const stream = new Readable({
      encoding,
      read: () => {
        stream.push(this.#bytesOf(file).subarray(start, end + 1))
        stream.push(null)
      },
    })
    process.nextTick(() => {
      stream.emit('open', 0)
      stream.emit('ready')
    })
    return Object.assign(stream, { path: file.outside })
  }

  /** A script as it was uploaded. Of an ES module there is only what it was converted to, line for line. */
  #original(path: string, content: unknown): unknown {
    if (!this.#isWrapped(path)) return content
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content as Uint8Array)
    const added = /module\.exports\.o=(\d+);/.exec(text.slice(text.lastIndexOf(END_OF_SOURCE)))?.[1]
    const own = added === undefined ? unwrap(text) : unwrap(`{${text.slice(Number(added))}`)
    return typeof content === 'string' ? own : Buffer.from(own)
  }

  #decodeEntry(entry: unknown, directory: string): unknown {
    if (typeof entry === 'string') return decodeURIComponent(entry.replace(/^\/?bundle\/var\/task\//, ''))
    if (
      typeof entry === 'object' &&
      entry !== null &&
      typeof (entry as { name?: unknown }).name === 'string'
    ) {
      const found = entry as { name: string; parentPath?: string; path?: string }
      found.name = decodeURIComponent(found.name)
      if (found.parentPath !== undefined) found.parentPath = directory
    }
    return entry
  }
}

interface Mapped {
  outside: string
  real: string
  inside: string
}

/** Names the path that the program gave, not the one that was tried. */
function restoreError(error: unknown, mapped: Mapped[]): unknown {
  if (!(error instanceof Error)) return error
  const failed = error as Error & { code?: string; path?: unknown; dest?: unknown }
  // Node's messages begin with the code; some programs look for it there.
  if (failed.code && !failed.message.includes(failed.code))
    failed.message = `${failed.code}: ${failed.message}`
  for (const { inside, outside } of mapped) {
    if (failed.message.includes(inside)) failed.message = failed.message.replaceAll(inside, outside)
    else if (!failed.message.includes(outside)) failed.message += ` '${outside}'`
    if (failed.path === undefined || failed.path === inside) failed.path = outside
    if (failed.dest === inside) failed.dest = outside
  }
  return failed
}
