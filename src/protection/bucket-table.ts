import { keepLatest } from '../lib/keep-latest.ts'
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
    keepLatest(this.#buckets, name, bucket, this.#most)
    return bucket.take(now)
  }
}
