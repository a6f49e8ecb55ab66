/** How often what is billed for has happened, by what it was: `object: KeyMeter.lease`. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }

  clear(): void {
    this.#counts.clear()
  }

  get entries(): ReadonlyMap<string, number> {
    return this.#counts
  }
}
