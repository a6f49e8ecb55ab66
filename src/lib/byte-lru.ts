/** Keeps the most recently used values whose sizes fit into a budget of bytes. */
export class ByteLru<V> {
  readonly #capacity: number
  readonly #entries = new Map<string, { value: V; bytes: number }>()
  #held = 0

  /** @param capacity bytes in all; a value larger than this is not kept */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    // Re-inserted, so that the map's order is the order of use.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: V, bytes: number): void {
    this.delete(key)
    if (bytes > this.#capacity) return
    this.#entries.set(key, { value, bytes })
    this.#held += bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#held <= this.#capacity) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#held -= entry.bytes
  }

  clear(): void {
    this.#entries.clear()
    this.#held = 0
  }
}
