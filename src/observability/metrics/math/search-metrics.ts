import type { MetricSeries } from '../metric-series.ts'
import { MathRefusal } from './metric-data.ts'

/** Which metrics a search finds. */
export interface MetricSearch {
  /** Of a search that names it in its schema: no metric of another namespace is found. */
  readonly namespace?: string
  finds(metric: MetricSeries): boolean
}

type Finds = (metric: MetricSeries) => boolean

const TOKEN = /\s*(?:(?<sign>[{}(),=])|"(?<quoted>[^"]*)"|(?<word>[^\s{}(),="]+))/y

interface Token {
  readonly kind: 'sign' | 'quoted' | 'word' | 'end'
  readonly text: string
}

/** Deeper searches are refused before a recursive reader meets them. */
const MAX_DEPTH = 50

/**
 * Reads a search: `{AWS/Lambda,FunctionName} MetricName="Errors" NOT test`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 *
 * @throws {@link MathRefusal}
 */
export const readSearch = (text: string): MetricSearch => new Reader(text).whole()

class Reader {
  readonly #source: string
  #at = 0
  #depth = 0
  #next: Token

  constructor(source: string) {
    this.#source = source
    this.#next = this.#scan()
  }

  whole(): MetricSearch {
    const schema = this.#is('{') ? this.#schema() : undefined
    const finds = this.#next.kind === 'end' ? () => true : this.#either(anywhere)
    if (this.#next.kind !== 'end') throw this.#unexpected()
    if (!schema) return { finds }
    const [namespace, ...names] = schema
    const dimensions = JSON.stringify(names.sort())
    return {
      namespace,
      finds: metric =>
        metric.namespace === namespace &&
        JSON.stringify(Object.keys(metric.dimensions).sort()) === dimensions &&
        finds(metric),
    }
  }

  #schema(): [namespace: string, ...dimensions: string[]] {
    const names: string[] = []
    do {
      this.#advance()
      if (this.#next.kind !== 'word' && this.#next.kind !== 'quoted') throw this.#unexpected()
      names.push(this.#next.text)
      this.#advance()
    } while (this.#is(','))
    if (!this.#is('}')) throw this.#unexpected()
    this.#advance()
    return names as [string, ...string[]]
  }

  /** @param of what a term is looked for in */
  #either(of: Texts): Finds {
    if (++this.#depth > MAX_DEPTH) throw new MathRefusal('The search is nested too deeply')
    const choices = [this.#all(of)]
    while (this.#isWord('OR')) {
      this.#advance()
      choices.push(this.#all(of))
    }
    this.#depth -= 1
    return metric => choices.some(finds => finds(metric))
  }

  #all(of: Texts): Finds {
    const parts = [this.#not(of)]
    for (;;) {
      if (this.#isWord('AND')) this.#advance()
      else if (this.#next.kind === 'end' || this.#is(')') || this.#isWord('OR')) break
      parts.push(this.#not(of))
    }
    return metric => parts.every(finds => finds(metric))
  }

  #not(of: Texts): Finds {
    if (!this.#isWord('NOT')) return this.#term(of)
    this.#advance()
    const finds = this.#term(of)
    return metric => !finds(metric)
  }

  #term(of: Texts): Finds {
    if (this.#is('(')) {
      this.#advance()
      const finds = this.#either(of)
      if (!this.#is(')')) throw this.#unexpected()
      this.#advance()
      return finds
    }
    const { kind, text } = this.#next
    if (kind !== 'word' && kind !== 'quoted') throw this.#unexpected()
    this.#advance()
    if (this.#is('=') && of === anywhere) {
      this.#advance()
      return this.#term(textsNamed(text))
    }
    if (kind === 'quoted') return metric => of(metric).includes(text)
    const wanted = wordsOf(text)
    return metric => of(metric).some(each => hasWords(wordsOf(each), wanted))
  }

  #is(sign: string): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign
  }

  #isWord(word: string): boolean {
    return this.#next.kind === 'word' && this.#next.text === word
  }

  #advance(): void {
    this.#next = this.#scan()
  }

  #scan(): Token {
    TOKEN.lastIndex = this.#at
    const groups = TOKEN.exec(this.#source)?.groups
    if (!groups) {
      const rest = this.#source.slice(this.#at).trim()
      if (rest === '') return { kind: 'end', text: '' }
      throw new MathRefusal(`Syntax error in the search at '${rest.slice(0, 20)}'`)
    }
    this.#at = TOKEN.lastIndex
    for (const kind of ['sign', 'quoted', 'word'] as const) {
      const text = groups[kind]
      if (text !== undefined) return { kind, text }
    }
    throw new Error('a token is of some kind')
  }

  #unexpected(): MathRefusal {
    const { kind, text } = this.#next
    return new MathRefusal(
      kind === 'end' ? 'Unexpected end of the search' : `Unexpected '${text}' in the search`,
    )
  }
}

/** The texts of a metric that a term is looked for in. */
type Texts = (metric: MetricSeries) => readonly string[]

const anywhere: Texts = ({ namespace, metric, dimensions }) => [
  namespace,
  metric,
  ...Object.entries(dimensions).flat(),
]

function textsNamed(name: string): Texts {
  if (name === 'MetricName') return ({ metric }) => [metric]
  if (name === 'Namespace') return ({ namespace }) => [namespace]
  return ({ dimensions }) => (Object.hasOwn(dimensions, name) ? [dimensions[name]!] : [])
}

/** What a partial search compares: `HTTPCode_Backend_4XX` is `http`, `code`, `backend`, `4`, `xx`. */
const wordsOf = (text: string): string[] =>
  (text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []).map(word => word.toLowerCase())

/** Whether some words stand in a text, one after the other. */
function hasWords(words: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false
  return words.some((_, at) => wanted.every((word, i) => words[at + i] === word))
}
