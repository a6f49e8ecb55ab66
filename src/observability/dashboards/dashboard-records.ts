import type { Tags } from '../../lib/tags.ts'
import { kind } from '../../records/records.ts'

/** By its name. Dashboards are of no region: they are kept under ''. */
export interface DashboardRecord {
  /** JSON, as it was put. */
  readonly body: string
  /** Epoch milliseconds. */
  readonly modified: number
  readonly tags: Tags
}

export const dashboards = kind<DashboardRecord>('dashboard')
