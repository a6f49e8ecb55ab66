/** Something did not happen in time. */
export class Overdue extends Error {}

/**
 * `work`, or {@link Overdue} after `ms` milliseconds. For work that another request began: on Workers it never
 * settles when that request was ended before it, and whoever waits for it would wait for ever.
 */
export function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Overdue(`${what} took longer than ${ms} ms`)), ms)
    work.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      error => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
