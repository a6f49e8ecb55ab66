import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Records } from '../../../records/records.ts'
import type { Call } from '../../wire/service.ts'
import { concurrentChange } from './refusals.ts'

/** Those of all regions: dashboards are of none. */
export const dashboardRecordsOf = ({ platform, account }: Call<Platform>): Records =>
  platform.records({ id: account, region: '' })

/** `work` reads, decides and commits, and is run again when somebody else was faster. */
export const modifyDashboard = <T>({ operation }: Call<Platform>, work: () => Promise<T>): Promise<T> =>
  modifyOr(
    () => concurrentChange(`${operation}: others keep changing this at the same time. Try again.`),
    work,
  )
