import {
  EXECUTION_PROTOCOL,
  type ExecutionBatch,
  type ExecutionCount,
  type ExecutionKey,
  type ExecutionTotals,
} from './execution-batch.ts'

/** Counts of one batch: some 100 KB. */
const BATCH = 500

/** Counts kept at most of what the meter has already; a function that is called again then starts a new one. */
const KEPT = 500

interface Entry {
  readonly key: ExecutionKey
  totals: ExecutionTotals
  /** Of the totals that the meter has: how many requests they were. */
  acknowledged: number
}

/** What an isolate has counted for one ExecutionMeter. */
export class ExecutionTally {
  readonly #newId: () => string
  readonly #entries = new Map<string, Entry>()
  #sender: string | undefined

  constructor(newId: () => string) {
    this.#newId = newId
  }

  /** Counts one call. */
  add(key: ExecutionKey, call: Omit<ExecutionTotals, 'requests'>): void {
    const id = `${key.day} ${key.version} ${key.qualifier} ${key.name}`
    let entry = this.#entries.get(id)
    if (!entry) {
      entry = { key, totals: NOTHING, acknowledged: 0 }
      this.#entries.set(id, entry)
    }
    const { totals } = entry
    entry.totals = {
      requests: totals.requests + 1,
      failures: totals.failures + call.failures,
      billedMs: totals.billedMs + call.billedMs,
      mbMs: totals.mbMs + call.mbMs,
      inits: totals.inits + call.inits,
      initMs: totals.initMs + call.initMs,
    }
  }

  /** In how many batches everything fits. */
  get batches(): number {
    return Math.ceil(this.#entries.size / BATCH)
  }

  /** What the meter may not have yet, as far as it fits into a batch; undefined when it has everything. */
  unacknowledged(): ExecutionBatch | undefined {
    const counts: ExecutionCount[] = []
    for (const { key, totals, acknowledged } of this.#entries.values()) {
      if (acknowledged < totals.requests) counts.push({ ...key, ...totals })
      if (counts.length === BATCH) break
    }
    if (counts.length === 0) return undefined
    this.#sender ??= this.#newId()
    return { protocol: EXECUTION_PROTOCOL, sender: this.#sender, counts }
  }

  /** The meter has written a batch down. Replies may come in any order. */
  acknowledge({ sender, counts }: ExecutionBatch): void {
    if (sender !== this.#sender) return
    for (const { day, version, qualifier, name, requests } of counts) {
      const entry = this.#entries.get(`${day} ${version} ${qualifier} ${name}`)
      if (entry) entry.acknowledged = Math.max(entry.acknowledged, requests)
    }
    this.#beginAnew()
  }

  /** Lets go of old counts, if the meter has them all. New ones begin at zero and therefore under another name. */
  #beginAnew(): void {
    const days = new Set<string>()
    for (const { key, totals, acknowledged } of this.#entries.values()) {
      if (acknowledged < totals.requests) return
      days.add(key.day)
    }
    if (this.#entries.size <= KEPT && days.size <= 1) return
    this.#entries.clear()
    this.#sender = undefined
  }
}

const NOTHING: ExecutionTotals = { requests: 0, failures: 0, billedMs: 0, mbMs: 0, inits: 0, initMs: 0 }
