/** Bytes that arrive one by one, in one buffer that doubles when it is full, up to a most. */
export class Growing {
  readonly #first: number
  readonly #most: number
  #buffer = new Uint8Array()
  #length = 0

  /** Takes no memory before the first byte. */
  constructor(capacity: number, most: number) {
    this.#first = capacity
    this.#most = most
  }

  get length(): number {
    return this.#length
  }

  push(byte: number): void {
    if (this.#length === this.#buffer.length) this.#grow(this.#length + 1)
    this.#buffer[this.#length++] = byte
  }

  /** Room for so many bytes after the last, to be written to and then told of with {@link advance}. */
  reserve(bytes: number): Uint8Array {
    const needed = this.#length + bytes
    if (this.#buffer.length < needed) this.#grow(needed)
    return this.#buffer.subarray(this.#length)
  }

  advance(bytes: number): void {
    this.#length += bytes
  }

  #grow(needed: number): void {
    if (needed > this.#most) throw new RangeError(`More than ${this.#most} bytes`)
    const larger = new Uint8Array(
      Math.min(this.#most, Math.max(needed, this.#first, this.#buffer.length * 2)),
    )
    larger.set(this.taken())
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
    return this.#buffer.subarray(0, this.#length)
  }
}
