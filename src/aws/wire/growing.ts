/** Bytes that arrive one by one, in one buffer that doubles when it is full, up to a most. */
export class Growing {
  readonly #first: number
  readonly #most: number
  #buffer: Uint8Array | undefined
  #length = 0

  /** Takes no memory before the first byte. */
  constructor(capacity: number, most: number) {
    this.#first = Math.max(16, Math.min(capacity, most))
    this.#most = most
  }

  get length(): number {
    return this.#length
  }

  push(byte: number): void {
    if (this.#buffer === undefined || this.#length === this.#buffer.length) this.#grow()
    this.#buffer![this.#length++] = byte
  }

  #grow(): void {
    if (this.#buffer === undefined) {
      this.#buffer = new Uint8Array(this.#first)
      return
    }
    if (this.#length >= Math.max(this.#most, 16)) throw new RangeError(`More than ${this.#most} bytes`)
    const larger = new Uint8Array(Math.min(this.#buffer.length * 2, Math.max(this.#most, 16)))
    larger.set(this.#buffer)
    this.#buffer = larger
  }

  /** Removes and returns what stands from `start` on. */
  cut(start: number): Uint8Array {
    const tail = this.taken().slice(start)
    this.#length = start
    return tail
  }

  textFrom(start: number, end: number): string {
    return new TextDecoder().decode(this.taken().subarray(start, end))
  }

  /** What has arrived; a view, not a copy. */
  taken(): Uint8Array {
    return this.#buffer?.subarray(0, this.#length) ?? new Uint8Array()
  }
}
