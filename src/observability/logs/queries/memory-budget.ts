/** Characters that one command may keep: several queries share an isolate, which has 128 MB. */
const MOST = 16 * 1024 * 1024

/** What a key or a value takes beside its characters. */
const OVERHEAD = 64

/** Counts what a command keeps of lines that it has seen, and ends a query that would keep too much. */
export class MemoryBudget {
  #left = MOST

  /** @param characters of what is kept from now on; below zero for what is let go */
  spend(characters: number): void {
    this.#left -= characters
    if (this.#left < 0) throw new Error('a query has more different values than can be kept')
  }

  /** Of one more value. */
  keep(text: string): void {
    this.spend(text.length + OVERHEAD)
  }
}
