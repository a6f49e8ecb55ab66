import { Bucket, type Limit } from './bucket.ts'

/**
 * Buckets by name, of which those that were asked last are remembered: one that is forgotten is full again, so whoever
 * can make up names needs a further limit over all of them.
 */
export class BucketTable {
  readonly #most: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(most: number) {
    this.#most = most
  }

  /** @param now milliseconds */
  take(name: string, limit: Limit, now: number): boolean {
    const bucket = this.#buckets.get(name) ?? new Bucket(limit, now)
    if (!this.#buckets.delete(name) && this.#buckets.size >= this.#most) {
      this.#buckets.delete(this.#buckets.keys().next().value!)
    }
    this.#buckets.set(name, bucket)
    return bucket.take(now)
  }
}
