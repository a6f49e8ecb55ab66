import type { Env } from '../../env.ts'
import { markedObjects, objectMark } from '../../lib/object-marks.ts'
import { meterName, metersOf } from './meter-name.ts'

/** A function's limit as it has been published; null: none. */
interface PublishedLimit {
  readonly uid: string
  readonly limit: number | null
}

/**
 * Tells the meters of a function's name what was published, so that a lowered limit acts at once. Only those that
 * exist are told; that of a function that was deleted gives no permit any more. To be called after the pointer is
 * written: see `ConcurrencyMeter`.
 *
 * @param pointerName `functionPointerName` of the function
 * @param published undefined: the function is deleted
 */
export async function tellMeters(
  env: Env,
  pointerName: string,
  generation: number,
  published: PublishedLimit | undefined,
): Promise<void> {
  const current = published && meterName(pointerName, published.uid)
  const names = await markedObjects(env.STORE, metersOf(pointerName))
  await Promise.all(
    names.map(async name => {
      const meter = env.CONCURRENCY_METER.getByName(name)
      if (published && name === current) return meter.configure(generation, published.limit)
      await meter.retire(generation)
      await env.STORE.delete(objectMark(name))
    }),
  )
}

/** Forgets all meters of an account at once. */
export async function forgetMeters(env: Env, account: string): Promise<void> {
  const names = await markedObjects(env.STORE, metersOf(account))
  await Promise.all(
    names.map(async name => {
      await env.CONCURRENCY_METER.getByName(name).forget()
      await env.STORE.delete(objectMark(name))
    }),
  )
}
