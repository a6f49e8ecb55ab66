/**
 * Counts the bytes that a piece of work holds, because neither Workers nor workerd tell: an isolate that exceeds
 * its 128 MB is ended without a word. Everything of a size that depends on the input is counted, strings at two
 * bytes a character unless they are known to be ASCII.
 */
export class BytesHeld {
  #now = 0
  #peak = 0

  add(bytes: number): void {
    this.#now += bytes
    if (this.#now > this.#peak) this.#peak = this.#now
  }

  release(bytes: number): void {
    this.#now -= bytes
  }

  get now(): number {
    return this.#now
  }

  get peak(): number {
    return this.#peak
  }
}
