import { type Change, kind, type Records, type Stored } from '../../records/records.ts'
import { type FunctionRecord, functions } from './function-records.ts'
import { invalidParameter } from './function-refusals.ts'
import { LIMITS } from './limits.ts'

/** Executions of an account that no function may reserve. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const LEAST_UNRESERVED = 100

/** Functions of one read. */
const BATCH = 500

/** Changes with every reservation of an account, so that of two at the same time one sees the other. */
const reservations = kind<{ readonly changed: number }>('lambda.reservations')
const KEY = { parent: '', id: 'account' }

type Reserving = Pick<FunctionRecord, 'reservedConcurrency' | 'provisioned'>

/** What a function keeps others from reserving. */
export const reservedBy = (record: Reserving): number => record.reservedConcurrency ?? provisionedBy(record)

export const provisionedBy = ({ provisioned = {} }: Reserving): number =>
  Object.values(provisioned).reduce((sum, { requested }) => sum + requested, 0)

/** An account's reservations as they were read; whoever adds one writes with {@link AccountConcurrency.claim}. */
export interface AccountConcurrency {
  /** Of all functions but the one that is asked about. */
  readonly reservedByOthers: number
  /** The change holds only if nobody else has reserved anything meanwhile. */
  claim(change: Change): Change
}

export async function accountConcurrency(records: Records, except: string): Promise<AccountConcurrency> {
  const mark = await records.get(reservations, KEY.parent, KEY.id)
  let reservedByOthers = 0
  for await (const { id, doc } of allFunctions(records))
    if (id !== except) reservedByOthers += reservedBy(doc)
  return {
    reservedByOthers,
    claim: change =>
      mark
        ? change.replace(reservations, mark, { changed: mark.doc.changed + 1 })
        : change.create(reservations, KEY, { changed: 1 }),
  }
}

/** @throws a refusal when so much cannot be reserved beside what others have */
export function checkUnreserved(
  { reservedByOthers }: AccountConcurrency,
  reserved: number,
  setting: 'ReservedConcurrentExecutions' | 'ConcurrentExecutions',
): void {
  if (LIMITS.concurrentExecutions - reservedByOthers - reserved >= LEAST_UNRESERVED) return
  throw invalidParameter(
    `Specified ${setting} for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LEAST_UNRESERVED}].`,
  )
}

/** All functions of the account and region. */
export const allFunctions = (records: Records): AsyncGenerator<Stored<FunctionRecord>> =>
  records.each(functions, '', { batch: BATCH })
