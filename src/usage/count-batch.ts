import type { Account } from '../lib/account.ts'
import { fnv1a } from '../lib/hash.ts'
import { COUNT_KINDS, EXECUTIONS } from './count-kinds.ts'

/** What has the same labels, and what it came to: as its {@link CountKind} names them. Sums are whole and only grow. */
export interface CountTold {
  readonly kind: string
  readonly labels: readonly string[]
  readonly sums: readonly number[]
}

/** What one sender says of one day. */
export interface Telling {
  /** Of one isolate and one day; never used again for another one. */
  readonly sender: string
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
  readonly counts: readonly CountTold[]
}

export const COUNT_PROTOCOL = 2

/**
 * What an isolate tells a meter: not what was added, but what it has counted in all under the name `sender`. So a batch
 * that is lost, doubled or overtaken by a later one does no harm.
 */
export interface CountBatch {
  readonly protocol: typeof COUNT_PROTOCOL
  readonly tellings: readonly Telling[]
}

/** What isolates said that knew of functions alone. */
export interface ExecutionBatch {
  readonly protocol: 1
  readonly sender: string
  readonly counts: ReadonlyArray<
    Readonly<
      Record<'day' | 'name' | 'version' | 'qualifier', string> &
        Record<'requests' | 'failures' | 'billedMs' | 'mbMs' | 'inits' | 'initMs', number>
    >
  >
}

/** Callers are our own isolates, perhaps of a neighbouring version of Weir: shapes are checked, not trusted. */
export function readBatch(batch: CountBatch | ExecutionBatch): CountBatch {
  const read = batch.protocol === 1 ? fromExecutions(batch) : batch
  if (read.protocol !== COUNT_PROTOCOL) throw new Error(`protocol ${read.protocol} is not spoken here`)
  if (!Array.isArray(read.tellings)) throw new Error('malformed batch')
  for (const { sender, day, counts } of read.tellings) {
    if (typeof sender !== 'string' || typeof day !== 'string' || !Array.isArray(counts))
      throw new Error('malformed telling')
    counts.forEach(assertCount)
  }
  return read
}

function assertCount({ kind: name, labels, sums }: CountTold): void {
  const kind = COUNT_KINDS.find(kind => kind.name === name)
  if (!kind) throw new Error(`${name} are not counted here`)
  if (labels.length !== kind.labels.length || !labels.every(label => typeof label === 'string'))
    throw new Error(`malformed labels of ${name}`)
  if (sums.length !== kind.sums.length || !sums.every(sum => Number.isSafeInteger(sum) && sum >= 0))
    throw new Error(`${name} are counted in whole numbers`)
}

function fromExecutions({ sender, counts }: ExecutionBatch): CountBatch {
  if (!Array.isArray(counts)) throw new Error('malformed batch')
  const tellings = [...Map.groupBy(counts, ({ day }) => day)].map(([day, ofDay]) => ({
    sender,
    day,
    counts: ofDay.map(count => ({
      kind: EXECUTIONS.name,
      labels: [count.name, count.version, count.qualifier],
      sums: [count.requests, count.failures, count.billedMs, count.mbMs, count.inits, count.initMs],
    })),
  }))
  return { protocol: COUNT_PROTOCOL, tellings }
}

/** Meters of an account in a region; a function's calls are all counted by one of them. */
export const METERS = 4

/** Name of the meter object that counts a function's calls. */
export const executionMeterName = (account: Account, name: string): string =>
  countMeterName(account, fnv1a(name) % METERS)

export const countMeterName = ({ id, region }: Account, number: number): string =>
  `${metersOf(id)}${region}/${number}`

export function accountOfMeter(meter: string): Account & { readonly number: number } {
  const [kind, id, region, number] = meter.split('/')
  if (kind !== 'executions' || !id || !region || !number)
    throw new Error(`'${meter}' is no name of a meter that counts`)
  return { id, region, number: Number(number) }
}

/** What the names of an account's meters begin with. */
export const metersOf = (accountId: string): string => `executions/${accountId}/`
