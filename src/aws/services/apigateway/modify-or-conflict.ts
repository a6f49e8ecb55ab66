import { modify } from '../../../records/modify.ts'
import { StaleRevision } from '../../../records/records.ts'
import { concurrentModification } from './refusals.ts'

/** Work that reads, decides and commits once; when it loses a race it starts again from its reads. */
export async function modifyOrConflict<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await modify(work)
  } catch (error) {
    throw error instanceof StaleRevision ? concurrentModification() : error
  }
}
