import { within } from './within.ts'

export interface SharedLoadsOptions {
  /** Lets a load outlive the request that began it: others wait for it too. */
  readonly defer: (work: Promise<unknown>) => void
  /** Milliseconds that a request waits for what another one began. */
  readonly patience: number
}

/**
 * Work that several requests of an isolate need the result of, done once for all that wait for it at the same time.
 * On Workers it never settles when the request that began it was ended before it, so those who join it wait for a
 * bounded time only; what they gave up is not joined again.
 */
export class SharedLoads<T> {
  readonly #options: SharedLoadsOptions
  readonly #loading = new Map<string, Promise<T>>()

  constructor(options: SharedLoadsOptions) {
    this.#options = options
  }

  /** Waits for a load that is under way; undefined when there is none. Rejects as it does, or when it is overdue. */
  join(key: string): Promise<T> | undefined {
    const loading = this.#loading.get(key)
    if (!loading) return undefined
    return within(loading, this.#options.patience, `reading ${key}`).catch(error => {
      this.#forget(key, loading)
      throw error
    })
  }

  /** Begins a load that others may join. */
  begin(key: string, load: () => Promise<T>): Promise<T> {
    const loading = load().finally(() => this.#forget(key, loading))
    this.#loading.set(key, loading)
    this.#options.defer(loading.catch(() => {}))
    return loading
  }

  #forget(key: string, loading: Promise<T>): void {
    if (this.#loading.get(key) === loading) this.#loading.delete(key)
  }
}
