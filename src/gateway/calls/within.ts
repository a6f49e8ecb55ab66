import type { Exchange } from '../exchange.ts'

export const LATE = Symbol('late')

/** Waits `ms` for something and not longer; what is late goes on, and nobody waits for it. */
export function within<T>(
  { gateway, ids }: Exchange,
  ms: number,
  work: Promise<T>,
): Promise<T | typeof LATE> {
  const { promise, resolve, reject } = Promise.withResolvers<T | typeof LATE>()
  const timer = setTimeout(() => {
    gateway.defer(work.catch(error => gateway.report(error, ids.requestId)))
    resolve(LATE)
  }, ms)
  work.then(
    result => {
      clearTimeout(timer)
      resolve(result)
    },
    error => {
      clearTimeout(timer)
      reject(error)
    },
  )
  return promise
}
