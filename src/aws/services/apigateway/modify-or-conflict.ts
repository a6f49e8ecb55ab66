import { modifyOr } from '../../../records/modify.ts'
import { concurrentModification } from './refusals.ts'

/** Work that reads, decides and commits once; when it loses a race it starts again from its reads. */
export const modifyOrConflict = <T>(work: () => Promise<T>): Promise<T> =>
  modifyOr(concurrentModification, work)
