import { WRAPPER_START } from '../../prepare/wrapper-text.ts'
import { ORIGINAL_POSITIONS_MODULE } from '../shim-manifest.ts'
import type { OriginalPositions } from './original-positions.ts'
import { fileUrl, type NativeRequire, type PackageFiles } from './package-files.ts'

/** Modules of a loaded worker are named by URLs under this. */
const BUNDLE = 'file:///bundle/'

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown

/** A call site with what V8 has beside the methods that are declared. */
interface CallSite extends NodeJS.CallSite {
  getEnclosingLineNumber(): number
  getEnclosingColumnNumber(): number
}

interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
}

/**
 * Makes stack frames name files where Lambda has them: `/var/task/index.js:3:7`, and as URL for ES modules. With
 * `--enable-source-maps` in NODE_OPTIONS they name the sources that the files were made of, as Node does.
 *
 * A program may install its own `Error.prepareStackTrace`, as source-map libraries do; it gets such places too.
 */
export function nameFilesInStacks(files: PackageFiles, require: NativeRequire): void {
  const traces = new StackTraces(files, require)
  let usesSourceMaps = asksForSourceMaps(process.env.NODE_OPTIONS)
  const own: Prepare = (error, sites) => traces.text(error, sites, usesSourceMaps)
  let current: unknown = own
  /** What is handed out for a program's function, so that it gets call sites of its files; and the function itself. */
  const given = new WeakMap<Prepare, Prepare>()
  Object.defineProperty(Error, 'prepareStackTrace', {
    get: () => current,
    set(prepare: unknown) {
      if (typeof prepare !== 'function') {
        current = own
        return
      }
      if (prepare === own || given.has(prepare as Prepare)) {
        current = prepare
        return
      }
      const handedOut: Prepare = (error, sites) =>
        (prepare as Prepare).call(
          Error,
          error,
          sites.map(site => traces.relocated(site)),
        )
      given.set(handedOut, prepare as Prepare)
      current = handedOut
    },
    configurable: true,
    enumerable: true,
  })
  Object.defineProperty(process, 'sourceMapsEnabled', { get: () => usesSourceMaps, configurable: true })
  Object.defineProperty(process, 'setSourceMapsEnabled', {
    value: (value: boolean) => {
      usesSourceMaps = value
    },
    configurable: true,
    writable: true,
  })
}

/** https://nodejs.org/docs/latest-v22.x/api/cli.html#--enable-source-maps */
function asksForSourceMaps(options = ''): boolean {
  const said = options.split(/\s+/).filter(option => /^--(?:no-)?enable-source-maps$/.test(option))
  return said.at(-1) === '--enable-source-maps'
}

class StackTraces {
  readonly #files: PackageFiles
  readonly #require: NativeRequire
  #original: OriginalPositions | undefined
  #relocatedSite: RelocatedSiteClass | undefined

  constructor(files: PackageFiles, require: NativeRequire) {
    this.#files = files
    this.#require = require
  }

  text(error: Error, sites: NodeJS.CallSite[], usesSourceMaps: boolean): string {
    let text: string
    try {
      text = String(error)
    } catch {
      text = '<error>'
    }
    for (let at = 0; at < sites.length; at++) {
      const site = sites[at] as CallSite
      const frame = String(site)
      if (frame === 'Generator.next (<anonymous>)') continue
      const mapped = usesSourceMaps
        ? this.#sourceFrame(site, sites[at + 1] as CallSite | undefined)
        : undefined
      text += `\n    at ${mapped ?? this.relocate(frame)}`
    }
    return text
  }

  /** Names files where they are on Lambda, wherever a frame names them. */
  relocate(frame: string): string {
    if (!frame.includes(BUNDLE)) return frame
    return frame.replace(
      /file:\/\/\/bundle\/([^:)]*):(\d+):(\d+)/g,
      (_, encoded: string, line: string, column: string) => {
        const place = this.#place(encoded, Number(line), Number(column))
        return `${this.#name(place.path)}:${line}:${place.column}`
      },
    )
  }

  /** A call site that says where it is in the uploaded file. */
  relocated(site: NodeJS.CallSite): NodeJS.CallSite {
    const place = this.#placeOf(site)
    if (!place) return site
    this.#relocatedSite ??= relocatedSiteClass(site, frame => this.relocate(frame))
    return new this.#relocatedSite(site, this.#name(place.path), place.column)
  }

  /** A position in the text that runs, in the file that was uploaded. */
  #place(encoded: string, line: number, column: number): Place {
    const path = `/${decodeURIComponent(encoded)}`
    const kind = this.#files.kind(path)
    const offset = this.#files.offsets.get(path)
    let at = column
    if (line === 1) {
      const added = offset || (kind === 'c' ? WRAPPER_START.length : 0)
      if (at > added) at -= added
    }
    // Only a text in which preparation replaced something begins in another way than most.
    if (offset) {
      try {
        at = this.#positions().column(path, line, at)
      } catch {
        // Near enough.
      }
    }
    return { path, line, column: at }
  }

  #placeOf(site: NodeJS.CallSite): Place | undefined {
    const name = site.getFileName()
    if (!name?.startsWith(BUNDLE)) return undefined
    return this.#place(name.slice(BUNDLE.length), site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0)
  }

  #name(path: string): string {
    return this.#files.kind(path) === 'c' ? path : fileUrl(path)
  }

  /**
   * A frame in the source that its file was made of, in the words of Node's lib/internal/source_map; undefined when
   * no map tells.
   */
  #sourceFrame(site: CallSite, caller: CallSite | undefined): string | undefined {
    try {
      const found = this.#source(site)
      if (!found) return undefined
      const typeName = site.getTypeName()
      const name =
        this.#source(site, site.getEnclosingLineNumber(), site.getEnclosingColumnNumber())?.name ??
        (caller?.getFileName() === site.getFileName() ? this.#source(caller)?.name : undefined) ??
        site.getFunctionName() ??
        site.getMethodName() ??
        '<anonymous>'
      const prefix = site.isAsync() ? 'async ' : site.isConstructor() ? 'new ' : ''
      const type = typeName !== null && typeName !== 'global' ? `${typeName}.` : ''
      return `${prefix}${type}${name} (${found.source}:${found.line}:${found.column})`
    } catch {
      return undefined
    }
  }

  #source(site: CallSite | undefined, line = site?.getLineNumber(), column = site?.getColumnNumber()) {
    const name = site?.getFileName()
    if (!name?.startsWith(BUNDLE) || !line || !column) return undefined
    const place = this.#place(name.slice(BUNDLE.length), line, column)
    const kind = this.#files.kind(place.path)
    if (kind !== 'c' && kind !== 'm') return undefined
    return this.#positions().source(place.path, line, place.column)
  }

  #positions(): OriginalPositions {
    if (!this.#original) {
      const part = this.#require(`./${ORIGINAL_POSITIONS_MODULE}`) as {
        OriginalPositions: typeof OriginalPositions
      }
      this.#original = new part.OriginalPositions(this.#files, this.#require)
    }
    return this.#original
  }
}

type RelocatedSiteClass = new (site: NodeJS.CallSite, fileName: string, column: number) => NodeJS.CallSite

/** V8's methods take V8's own objects only, so all of them are passed on. */
function relocatedSiteClass(
  example: NodeJS.CallSite,
  relocate: (frame: string) => string,
): RelocatedSiteClass {
  class RelocatedSite {
    readonly site: Record<string, (...args: unknown[]) => unknown>
    readonly fileName: string
    readonly column: number

    constructor(site: NodeJS.CallSite, fileName: string, column: number) {
      this.site = site as unknown as typeof this.site
      this.fileName = fileName
      this.column = column
    }
  }
  const methods = RelocatedSite.prototype as unknown as Record<string, unknown>
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(example))) {
    if (name === 'constructor') continue
    methods[name] = function (this: RelocatedSite, ...args: unknown[]) {
      return this.site[name]!(...args)
    }
  }
  Object.assign(methods, {
    getFileName(this: RelocatedSite) {
      return this.fileName
    },
    getScriptNameOrSourceURL(this: RelocatedSite) {
      return this.fileName
    },
    getColumnNumber(this: RelocatedSite) {
      return this.column
    },
    toString(this: RelocatedSite) {
      return relocate(String(this.site))
    },
  })
  return RelocatedSite as unknown as RelocatedSiteClass
}
