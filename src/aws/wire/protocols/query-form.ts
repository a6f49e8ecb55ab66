import { SerializationFailure, type WireRequest } from './protocol.ts'

/** The longest name of a parameter; the deepest input of AWS's query services stays far below both. */
const MAX_NAME = 512
const MAX_DOTS = 32

/** The parameters of a query request, of which one can ask whether any stands under a prefix. */
export class QueryForm {
  readonly #values = new Map<string, string>()
  readonly #prefixes = new Set<string>()

  /**
   * The body's parameters and those of the query string, which count where the body has none of the name. Of
   * several values the first counts.
   *
   * @throws {@link SerializationFailure} for names that no model has: each of their prefixes is kept
   */
  static of(request: Pick<WireRequest, 'body' | 'query'>): QueryForm {
    const form = new QueryForm()
    for (const [name, value] of new URLSearchParams(new TextDecoder().decode(request.body)))
      form.#add(name, value)
    for (const [name, value] of request.query) form.#add(name, value)
    return form
  }

  #add(name: string, value: string): void {
    if (this.#values.has(name)) return
    if (name.length > MAX_NAME) throw new SerializationFailure('The name of a parameter is too long')
    this.#values.set(name, value)
    let dots = 0
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (++dots > MAX_DOTS) throw new SerializationFailure('A parameter is nested too deeply')
      this.#prefixes.add(name.slice(0, dot + 1))
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  hasUnder(prefix: string): boolean {
    return this.#prefixes.has(prefix)
  }
}
