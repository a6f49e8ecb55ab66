import type { KeyRecord, Quota, Throttle } from '../../src/metering/key-record.ts'
import type { LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { Meter } from '../../src/metering/meter.ts'
import type { AdjustmentRow, UsageRow } from '../../src/metering/saved-meter.ts'
import { leaseRequest } from './lease-request.ts'
import { recordOf } from './simulated-key.ts'

export const NOON = Date.UTC(2026, 10, 22, 12)

/** A meter on a disk, with the calls of one caller. */
export class Rig {
  now = NOON
  record: KeyRecord
  readonly disk = { usage: new Map<string, UsageRow>(), adjustments: new Map<string, AdjustmentRow>() }
  writes = 0
  meter: Meter
  #calls = 0

  constructor(record: KeyRecord) {
    this.record = record
    this.meter = this.#start()
  }

  ask(waiting: number, extra = 0, more: Partial<LeaseRequest> = {}) {
    this.#calls += 1
    const request = leaseRequest(`call-${this.#calls}`, { waiting, extra, ...more })
    const reply = this.meter.lease(request, this.now)
    this.save()
    return reply
  }

  /** The row written last. */
  get row(): UsageRow {
    return [...this.disk.usage.values()].reduce((a, b) => (b.rev > a.rev ? b : a))
  }

  tick(): boolean {
    const again = this.meter.tick(this.now)
    this.save()
    return again
  }

  /** Evicted and loaded again. */
  restart(): void {
    this.meter = this.#start()
  }

  configure(change: { throttle?: Throttle; quota?: Quota }): void {
    this.record = recordOf(change.throttle, change.quota, this.record.version + 1)
    this.meter.configure(this.record, this.now)
    this.save()
  }

  save(): void {
    const { usage, adjustments } = this.meter.takeSaves()
    this.writes += usage.length + adjustments.length
    for (const row of usage) this.disk.usage.set(`${row.planId} ${row.day}`, row)
    for (const row of adjustments) this.disk.adjustments.set(row.period, row)
  }

  usage(): { [day: string]: [number, number | null] } {
    const rows = this.meter.unrolled(this.now)
    this.save()
    return Object.fromEntries(rows.map(({ day, used, remaining }) => [day, [used, remaining]]))
  }

  #start(): Meter {
    const { usage, adjustments } = this.disk
    return new Meter(
      { record: this.record, usage: [...usage.values()], adjustments: [...adjustments.values()] },
      this.now,
    )
  }
}

export const rig = (throttle?: Throttle, quota?: Quota): Rig => new Rig(recordOf(throttle, quota))
