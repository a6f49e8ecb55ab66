type Callback = (...args: unknown[]) => unknown
type Setter = (callback: unknown, ...rest: unknown[]) => unknown

/** What `setTimeout` returns: an object that may say that it should not be waited for, or a number. */
interface Handle {
  hasRef?: () => boolean
}

/** How often it is looked whether everything is done. */
const LOOK_MS = 10

/**
 * What code has begun and not finished: timers, requests, bodies that are being read. It stands in for the event loop
 * of Node, which a Worker does not show: Lambda waits until that is empty where a handler answers by a callback, or
 * not at all.
 */
export class OutstandingWork {
  /** Handles of timers, and tokens of promises. */
  readonly #begun = new Set<unknown>()
  readonly #setTimeout = globalThis.setTimeout.bind(globalThis)
  /** Told what a timer's callback throws, which workerd would only note. */
  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void) {
    this.#report = report
  }

  /** An event begins: what earlier ones left is theirs, or was cut off with them. */
  forget(): void {
    this.#begun.clear()
  }

  get isDone(): boolean {
    for (const each of this.#begun) if ((each as Handle).hasRef?.() !== false) return false
    return true
  }

  /** Resolves when everything is done, or at the deadline (milliseconds since the epoch). */
  async done(deadlineMs: number): Promise<void> {
    while (!this.isDone && Date.now() < deadlineMs) {
      await new Promise(resolve => this.#setTimeout(resolve, LOOK_MS))
    }
  }

  /** Watches the timers of `holder`: the global object, or `node:timers`. */
  watchTimers(holder: object): void {
    this.#watchTimer(holder, 'setTimeout', 'clearTimeout')
    this.#watchTimer(holder, 'setInterval', 'clearInterval')
    this.#watchTimer(holder, 'setImmediate', 'clearImmediate')
  }

  /** Only what they throw: they run before anything is waited for. */
  watchQueues(holder: object, ...names: string[]): void {
    const functions = holder as Record<string, Setter>
    for (const name of names) {
      const original = functions[name]!
      const watched: Setter = (callback, ...rest) =>
        original.call(
          holder,
          typeof callback === 'function' ? this.#caught(callback as Callback) : callback,
          ...rest,
        )
      functions[name] = Object.assign(watched, original)
    }
  }

  watchRequests(): void {
    const { fetch } = globalThis
    globalThis.fetch = Object.assign(
      (...args: Parameters<typeof fetch>) => this.#track(fetch(...args)),
      fetch,
    )
    const prototype = Response.prototype as unknown as Record<string, (this: Response) => unknown>
    for (const name of ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text']) {
      const original = prototype[name]
      if (!original) continue
      const work = this
      prototype[name] = function () {
        return work.#track(original.call(this) as Promise<unknown>)
      }
    }
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    const token = {}
    this.#begun.add(token)
    const over = () => {
      this.#begun.delete(token)
    }
    promise.then(over, over)
    return promise
  }

  #watchTimer(holder: object, set: string, clear: string): void {
    const functions = holder as Record<string, Setter>
    const [original, cancel] = [functions[set]!, functions[clear]!]
    const repeats = set === 'setInterval'
    const watched: Setter = (callback, ...rest) => {
      if (typeof callback !== 'function') return original.call(holder, callback, ...rest)
      const caught = this.#caught(callback as Callback)
      const handle = original.call(
        holder,
        repeats
          ? caught
          : (...args: unknown[]) => {
              this.#begun.delete(handle)
              caught(...args)
            },
        ...rest,
      )
      this.#begun.add(handle)
      return handle
    }
    functions[set] = Object.assign(watched, original)
    functions[clear] = Object.assign((handle: unknown) => {
      this.#begun.delete(handle)
      return cancel.call(holder, handle)
    }, cancel)
  }

  #caught(callback: Callback): Callback {
    return (...args) => {
      try {
        return callback(...args)
      } catch (error) {
        this.#report(error)
        return undefined
      }
    }
  }
}
