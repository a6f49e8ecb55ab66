import { decode } from '@jridgewell/sourcemap-codec'

/** A position in a source. Line and column from 0. */
export interface MappedPosition {
  /** URL */
  readonly source: string
  readonly line: number
  readonly column: number
  readonly name: string | undefined
}

interface SourceMapFile {
  readonly mappings: string
  readonly names?: readonly string[]
  readonly sources: readonly (string | null)[]
  readonly sourceRoot?: string | null
}

/** `[column, source, line, column there, name]` */
type Numbers = [number, number, number, number, number]

/** A part of the mappings, and what its numbers are relative to. */
interface Chunk {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly base: Numbers
  /** Of its first position, in `line`. */
  readonly column: number
}

/** Characters that are decoded together, to some 20 bytes each: all of a large map would fill an isolate. */
const CHUNK = 16 * 1024

/** A source map, revision 3: https://tc39.es/ecma426/. Without `sections`. */
export class SourceMap {
  readonly #mappings: string
  readonly #names: readonly string[]
  readonly #sources: readonly string[]
  readonly #chunks: Chunk[] = []
  /** What was decoded last; the frames of a trace are often near each other. */
  #decoded: { chunk: Chunk; lines: number[][][] } | undefined

  /**
   * Throws when the text is not a source map.
   *
   * @param url of the map, or of the file that it is in: what its sources are relative to
   */
  constructor(text: string, url: string) {
    const { mappings, names = [], sources, sourceRoot } = JSON.parse(text) as SourceMapFile
    this.#mappings = mappings
    this.#names = names
    this.#sources = sources.map(source => absolute(`${sourceRoot ?? ''}${source ?? ''}`, url))
    this.#divide()
  }

  /** What stands at or before a position of the generated line; undefined when nothing does. */
  find(line: number, column: number): MappedPosition | undefined {
    const chunk = this.#chunks.findLast(
      chunk => chunk.line < line || (chunk.line === line && chunk.column <= column),
    )
    if (!chunk) return undefined
    if (this.#decoded?.chunk !== chunk) {
      this.#decoded = { chunk, lines: decode(this.#mappings.slice(chunk.start, chunk.end)) }
    }
    const before = line === chunk.line ? chunk.base[0] : 0
    const segment = this.#decoded.lines[line - chunk.line]?.findLast(([at]) => before + at! <= column)
    if (!segment || segment.length === 1) return undefined
    const [, source, sourceLine, sourceColumn, name] = add(chunk.base, segment)
    return {
      source: this.#sources[source]!,
      line: sourceLine,
      column: sourceColumn,
      name: segment.length === 5 ? this.#names[name] : undefined,
    }
  }

  /** Every number of the mappings is relative to the one before it; the column begins anew in each line. */
  #divide(): void {
    const mappings = this.#mappings
    let base: Numbers = [0, 0, 0, 0, 0]
    let line = 0
    for (let start = 0; start < mappings.length; ) {
      const mark = /[,;]/g
      mark.lastIndex = start + CHUNK
      const end = mark.exec(mappings)?.index ?? mappings.length
      const lines = decode(mappings.slice(start, end))
      this.#chunks.push({ start, end, line, base, column: base[0] + (lines[0]![0]?.[0] ?? 0) })
      const segments = lines.flat()
      const sources = add(base, segments.findLast(segment => segment.length > 1) ?? [])
      const names = add(base, segments.findLast(segment => segment.length > 4) ?? [])
      const endsLine = mappings[end] === ';'
      const column = (lines.length === 1 ? base[0] : 0) + (lines.at(-1)!.at(-1)?.[0] ?? 0)
      base = [endsLine ? 0 : column, sources[1], sources[2], sources[3], names[4]]
      line += lines.length - (endsLine ? 0 : 1)
      start = end + 1
    }
  }
}

const add = (base: Numbers, segment: readonly number[]): Numbers =>
  base.map((number, at) => number + (segment[at] ?? 0)) as Numbers

/** As Node resolves a map's sources. */
function absolute(source: string, base: string): string {
  return URL.canParse(source, base) ? new URL(source, base).href : source
}
