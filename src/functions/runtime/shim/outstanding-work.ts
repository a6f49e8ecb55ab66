type Callback = (...args: unknown[]) => unknown
type Setter = (callback: unknown, ...rest: unknown[]) => unknown

/** What `setTimeout` returns: an object that may say that it should not be waited for, or a number. */
interface Handle {
  hasRef?: () => boolean
}

/** What a call has begun and not finished: handles of timers, and tokens of promises. */
export type Begun = Set<unknown>

export function isDone(begun: Begun): boolean {
  for (const each of begun) if ((each as Handle).hasRef?.() !== false) return false
  return true
}

/** https://nodejs.org/api/util.html#utilpromisifycustom */
const PROMISIFIED = Symbol.for('nodejs.util.promisify.custom')

/**
 * How often it is looked whether everything is done: after a tenth of the time that it has taken, so that no answer is
 * much later than it need be, and at most so many milliseconds after the last look.
 */
const LOOK_MS = 100

/**
 * What code has begun and not finished: timers, requests, bodies that are being read. It stands in for the event loop
 * of Node, which a Worker does not show: Lambda waits until that is empty where a handler answers by a callback, or
 * not at all.
 */
export class OutstandingWork {
  /** Of the call that the running code belongs to; undefined outside of calls, where nobody waits. */
  readonly #current: () => Begun | undefined
  /** What lets go of a timer that is noted: what one call set, code of another may clear. */
  readonly #noted = new WeakMap<object, () => void>()
  readonly #setTimeout = globalThis.setTimeout.bind(globalThis)
  /** Told what a timer's callback throws, which workerd would only note. */
  readonly #report: (error: unknown) => void

  constructor(report: (error: unknown) => void, current: () => Begun | undefined) {
    this.#report = report
    this.#current = current
  }

  /** Resolves when everything is done, or at the deadline (milliseconds since the epoch). */
  async done(begun: Begun, deadlineMs: number): Promise<void> {
    for (let pause = 1; !isDone(begun) && Date.now() < deadlineMs; pause = Math.min(pause * 1.1, LOOK_MS)) {
      await new Promise(resolve => this.#setTimeout(resolve, pause))
    }
  }

  /** Watches the timers of `holder`: the global object, or `node:timers`. */
  watchTimers(holder: object): void {
    this.#watchTimer(holder, 'setTimeout', 'clearTimeout')
    this.#watchTimer(holder, 'setInterval', 'clearInterval')
    this.#watchTimer(holder, 'setImmediate', 'clearImmediate')
  }

  /** Watches functions that return promises. */
  watchPromises(holder: object, ...names: string[]): void {
    const functions = holder as Record<string, (...args: unknown[]) => Promise<unknown>>
    for (const name of names) {
      const original = functions[name]!
      functions[name] = (...args) => this.#track(original.apply(holder, args))
    }
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

  /** The promise that comes back is the one that may be left unhandled; the given one no longer is. */
  #track<T>(promise: Promise<T>): Promise<T> {
    const begun = this.#current()
    if (!begun) return promise
    const token = {}
    begun.add(token)
    return promise.finally(() => begun.delete(token))
  }

  #watchTimer(holder: object, set: string, clear: string): void {
    const functions = holder as Record<string, Setter>
    const [original, cancel] = [functions[set]!, functions[clear]!]
    const repeats = set === 'setInterval'
    const watched: Setter = (callback, ...rest) => {
      if (typeof callback !== 'function') return original.call(holder, callback, ...rest)
      const caught = this.#caught(callback as Callback)
      const begun = this.#current()
      const handle = original.call(
        holder,
        repeats
          ? caught
          : (...args: unknown[]) => {
              begun?.delete(noted)
              caught(...args)
            },
        ...rest,
      )
      // workerd says of every immediate that nobody should wait for it.
      const noted = set === 'setImmediate' ? {} : handle
      begun?.add(noted)
      if (begun && isObject(handle)) this.#noted.set(handle, () => begun.delete(noted))
      return handle
    }
    functions[set] = Object.assign(watched, original)
    if (!repeats) {
      // What `util.promisify` makes of it; workerd's has none.
      const promised = (...args: unknown[]) =>
        new Promise(resolve => {
          if (set === 'setImmediate') watched(resolve, ...args)
          else watched(resolve, args[0], args[1])
        })
      Object.defineProperty(watched, PROMISIFIED, { value: promised })
    }
    functions[clear] = Object.assign((handle: unknown) => {
      if (isObject(handle)) this.#noted.get(handle)?.()
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

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
