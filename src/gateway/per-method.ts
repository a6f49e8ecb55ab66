import type { PreparedMethod } from './prepared-api.ts'

/** Something of a stage for each of its methods, made when it is first asked for; undefined counts as made. */
export class PerMethod<T> {
  readonly #make: (method: PreparedMethod, httpMethod: string) => T
  readonly #made = new Map<PreparedMethod, Map<string, T>>()

  constructor(make: (method: PreparedMethod, httpMethod: string) => T) {
    this.#make = make
  }

  /** `httpMethod`: of the request; one of those that a method `ANY` stands for. */
  of(method: PreparedMethod, httpMethod: string): T {
    let byName = this.#made.get(method)
    if (!byName) {
      byName = new Map()
      this.#made.set(method, byName)
    }
    const known = byName.get(httpMethod)
    if (known !== undefined || byName.has(httpMethod)) return known as T
    const made = this.#make(method, httpMethod)
    byName.set(httpMethod, made)
    return made
  }
}
