import type { AdjustmentRow, MeterRows, Saves, UsageRow } from './saved-meter.ts'

/** Rows to write: the newest of each, however often it changed since they were taken last. */
export class PendingSaves implements Saves {
  rev: number
  #usage = new Map<string, UsageRow>()
  #adjustments = new Map<string, AdjustmentRow>()

  /** `rev`: the highest of the rows that are written already. */
  constructor(rev: number) {
    this.rev = rev
  }

  nextRev(): number {
    this.rev += 1
    return this.rev
  }

  usage(row: UsageRow): void {
    this.#usage.set(`${row.keyId} ${row.planId} ${row.day}`, row)
  }

  adjustment(row: AdjustmentRow): void {
    this.#adjustments.set(`${row.keyId} ${row.planId} ${row.period}`, row)
  }

  take(): MeterRows {
    const taken = { usage: [...this.#usage.values()], adjustments: [...this.#adjustments.values()] }
    if (taken.usage.length > 0) this.#usage = new Map()
    if (taken.adjustments.length > 0) this.#adjustments = new Map()
    return taken
  }
}
