import type { Patience } from '../../functions/patience.ts'
import type { Exchange } from '../exchange.ts'

export const LATE = Symbol('late')

/** Waits for something no longer than the patience lasts; what is late goes on, and nobody waits for it. */
export function within<T>(
  { gateway, ids }: Exchange,
  patience: Patience,
  work: Promise<T>,
): Promise<T | typeof LATE> {
  const { promise, resolve, reject } = Promise.withResolvers<T | typeof LATE>()
  const since = gateway.clock()
  let timer: ReturnType<typeof setTimeout> | undefined
  patience.unlessEnough(() => {
    const ms = Math.max(0, patience.ms - (gateway.clock() - since))
    timer = setTimeout(() => {
      gateway.defer(work.catch(error => gateway.report(error, ids.requestId)))
      resolve(LATE)
    }, ms)
  })
  work.then(
    result => {
      if (timer !== undefined) clearTimeout(timer)
      resolve(result)
    },
    error => {
      if (timer !== undefined) clearTimeout(timer)
      reject(error)
    },
  )
  return promise
}
