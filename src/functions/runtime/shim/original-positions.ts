// A module of its own, which is compiled when a stack trace first asks for it.
import { END_OF_SOURCE } from '../../prepare/wrapper-text.ts'
import { encodePath, fileUrl, type NativeRequire, type PackageFiles } from './package-files.ts'
import { SourceMap } from './source-map.ts'

/** Where something stands in a source: a path, or a URL that is no file's. Lines and columns from 1. */
export interface SourcePosition {
  readonly source: string
  readonly line: number
  readonly column: number
  /** What it is called there, if its map says so. */
  readonly name: string | undefined
}

/** Characters of a map that are read: parsing it takes three times that. */
const MAP_LENGTH = 16 * 1024 * 1024

/** What preparation put in the place of something: where it is in its line, from 0, and both lengths. */
interface Replacement {
  readonly start: number
  readonly length: number
  readonly written: number
}

/** Leads from positions in what is run to those in what was written. */
export class OriginalPositions {
  readonly #files: PackageFiles
  readonly #require: NativeRequire
  readonly #replacements = new Map<string, Map<number, Replacement[]>>()
  readonly #maps = new Map<string, SourceMap | undefined>()

  constructor(files: PackageFiles, require: NativeRequire) {
    this.#files = files
    this.#require = require
  }

  /** The column in the uploaded file of one in its prepared text. What precedes the file's own text does not count. */
  column(path: string, line: number, column: number): number {
    let replacements = this.#replacements.get(path)
    if (!replacements) {
      replacements = this.#findReplacements(path)
      this.#replacements.set(path, replacements)
    }
    let shift = 0
    for (const { start, length, written } of replacements.get(line) ?? []) {
      if (column - 1 < start) break
      if (column - 1 < start + length) return start + shift + 1
      shift += written - length
    }
    return column + shift
  }

  /** What a position in an uploaded file was made from, if the file has a source map that tells. */
  source(path: string, line: number, column: number): SourcePosition | undefined {
    if (!this.#maps.has(path)) this.#maps.set(path, this.#readMap(path))
    const found = this.#maps.get(path)?.find(line - 1, column - 1)
    if (!found) return undefined
    const source = found.source.startsWith('file://') ? pathOf(found.source) : found.source
    return { source, line: found.line + 1, column: found.column + 1, name: found.name }
  }

  /** A script's module as it was prepared: workerd keeps the texts of modules under /bundle. */
  #prepared(path: string): string {
    const { readFileSync } = this.#require('node:fs') as typeof import('node:fs')
    return readFileSync(`/bundle/${encodePath(path.slice(1))}`, 'utf8')
  }

  /** See prepare/convert-es-module.ts and wrap-commonjs.ts: every name that they add begins with one that no file has. */
  #findReplacements(path: string): Map<number, Replacement[]> {
    const found = new Map<number, Replacement[]>()
    const text = this.#prepared(path)
    const isModule = this.#files.kind(path) === 'm'
    const [, prefix] =
      (isModule ? /^[^(]*\([^(]*\((\$w\$*)m\)/ : /^[^(]*\([^(]*\([\w,]*,(\$w\$*)\)/).exec(text) ?? []
    if (prefix === undefined) return found
    const wrapper = this.#files.wrapper(path)
    const end = text.lastIndexOf(END_OF_SOURCE)
    let lineStart = wrapper.o ?? 0
    let line = 1
    const lineEnds = /\r\n|[\n\r\u2028\u2029]/g
    lineEnds.lastIndex = lineStart
    let lineEnd = lineEnds.exec(text)
    for (
      let at = text.indexOf(prefix, lineStart);
      at >= 0 && at < end;
      at = text.indexOf(prefix, at + prefix.length)
    ) {
      while (lineEnd && lineEnd.index < at) {
        line++
        lineStart = lineEnds.lastIndex
        lineEnd = lineEnds.exec(text)
      }
      const replacement = isModule
        ? replacementAt(text, at, prefix, wrapper.l ?? {})
        : { start: at, length: prefix.length, written: 'import'.length }
      if (!replacement) continue
      const inLine = found.get(line) ?? []
      inLine.push({ ...replacement, start: replacement.start - lineStart })
      found.set(line, inLine)
    }
    return found
  }

  #readMap(path: string): SourceMap | undefined {
    try {
      const url = mappingUrl(this.#prepared(path))
      if (url === undefined) return undefined
      const place = new URL(url, fileUrl(path))
      const isFile = place.protocol === 'file:'
      const json = isFile ? this.#files.text(this.#files.real(pathOf(place.href))) : textOfData(place)
      if (json === undefined || json.length > MAP_LENGTH) return undefined
      return new SourceMap(json, isFile ? place.href : fileUrl(path))
    } catch {
      // A map that is not there, or broken, leaves the trace as it is without it, as in Node.
      return undefined
    }
  }
}

/** What stands at an added name, and what stood there; undefined where nothing did. */
function replacementAt(
  text: string,
  at: number,
  prefix: string,
  locals: Record<string, string>,
): Replacement | undefined {
  const after = /m\.d\b|m\.meta\b|\d+(?:\.([\w$]+)|\["(?:[^"\\]|\\.)*"\])|d\b/y
  after.lastIndex = at + prefix.length
  const match = after.exec(text)
  if (!match) return undefined
  let end = after.lastIndex
  switch (match[0]) {
    case 'm.d':
      return { start: at, length: end - at, written: 'import'.length }
    case 'm.meta':
      return { start: at, length: end - at, written: 'import.meta'.length }
    case 'd': {
      const rest = '=({default:'
      return text.startsWith(rest, end)
        ? { start: at - 6, length: end + rest.length - at + 6, written: 'export default'.length }
        : { start: at - 1, length: end - at + 1, written: 0 }
    }
  }
  const local = locals[match[0]] ?? match[1] ?? ''
  let start = at
  if (text.startsWith('(0,', at - 3) && text[end] === ')') {
    start -= 3
    end++
    if (text[start - 1] === ';') start--
  } else if (
    text.startsWith(`${local}:`, at - local.length - 1) &&
    !/[\w$]/.test(text[at - local.length - 2] ?? '')
  ) {
    start -= local.length + 1
  }
  return { start, length: end - start, written: local.length }
}

/** Of the last comment that says where a script's source map is. */
function mappingUrl(text: string): string | undefined {
  const name = 'sourceMappingURL='
  for (let at = text.lastIndexOf(name); at >= 0; at = text.lastIndexOf(name, at - 1)) {
    if (!/\/[/*][#@]\s+$/.test(text.slice(Math.max(0, at - 16), at))) continue
    return /[^\s*]*/.exec(text.slice(at + name.length))![0]
  }
  return undefined
}

function textOfData({ protocol, pathname }: URL): string | undefined {
  const comma = pathname.indexOf(',')
  if (protocol !== 'data:' || comma < 0) return undefined
  const data = pathname.slice(comma + 1)
  return /;base64$/i.test(pathname.slice(0, comma))
    ? Buffer.from(data, 'base64').toString()
    : decodeURIComponent(data)
}

const pathOf = (url: string): string => decodeURIComponent(new URL(url).pathname)
