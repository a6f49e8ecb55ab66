import { DiscoveredFields, memberOf } from './discover-fields.ts'
import { Instant, type QueryValue } from './query-value.ts'

/** A line as queries read it. */
export interface QueriedLine {
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Epoch milliseconds. */
  readonly ingested: number
  readonly stream: string
  readonly message: string
  /** Stable, and its own within the log group. */
  readonly id: string
}

/** The group that a line is of. */
export interface QueriedGroup {
  readonly account: string
  readonly name: string
}

/** A row on its way through a query: a line with what commands have made of it, or what `stats` has left of many. */
export class QueryRow {
  readonly #values = new Map<string, QueryValue>()
  readonly #line: { readonly line: QueriedLine; readonly group: QueriedGroup } | undefined
  #discovered: DiscoveredFields | undefined
  /** Characters of values that commands have made. */
  #made = 0

  constructor(of?: { readonly line: QueriedLine; readonly group: QueriedGroup }) {
    this.#line = of
  }

  get(name: string): QueryValue {
    if (this.#values.has(name)) return this.#values.get(name)
    const member = this.#memberOf(name)
    if (member !== undefined || !this.#line) return member
    const { line, group } = this.#line
    switch (name) {
      case '@message':
        return line.message
      case '@timestamp':
        return new Instant(line.timestamp)
      case '@ingestionTime':
        return new Instant(line.ingested)
      case '@logStream':
        return line.stream
      case '@log':
        return `${group.account}:${group.name}`
      case '@ptr':
        return btoa(`${group.account}:${group.name}:${line.id}`)
      default:
        this.#discovered ??= new DiscoveredFields(line.message)
        return this.#discovered.get(name)
    }
  }

  set(name: string, value: QueryValue): this {
    this.#values.set(name, value)
    // A structure comes of a text that it is as large as.
    this.#made += typeof value === 'object' ? this.#lineLength : typeof value === 'string' ? value.length : 0
    return this
  }

  /** `parsed.a.b` of a value that is a structure. */
  #memberOf(path: string): QueryValue {
    for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
      const value = this.#values.get(path.slice(0, dot))
      if (typeof value === 'object') return memberOf(value, path.slice(dot + 1))
    }
    return undefined
  }

  /** The same row, to be changed by itself. */
  copy(): QueryRow {
    const copy = new QueryRow(this.#line)
    for (const [name, value] of this.#values) copy.set(name, value)
    return copy
  }

  /** About how many bytes it keeps in memory. */
  get weight(): number {
    return 200 + this.#lineLength + this.#made
  }

  get #lineLength(): number {
    return this.#line?.line.message.length ?? 0
  }
}
