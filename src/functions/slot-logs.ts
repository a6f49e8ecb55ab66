import { utcDay } from '../lib/utc-day.ts'
import type { LogTarget } from './log-lines.ts'
import type { Manifest } from './manifest.ts'

interface SlotLog {
  readonly target: LogTarget
  /** Said by the isolate itself: another isolate of Weir's may have loaded it. */
  readonly isConfirmed: boolean
}

/** Where the isolates of a version log to, by slot: each to a stream of its own, as Lambda's instances do. */
export class SlotLogs {
  readonly #manifest: Manifest
  readonly #now: () => number
  readonly #bySlot = new Map<number, SlotLog>()

  constructor(manifest: Manifest, now: () => number) {
    this.#manifest = manifest
    this.#now = now
  }

  /** A stream for the slot's isolate to be loaded with; if it is there already, it has another one. */
  begin(slot: number): LogTarget {
    const { version } = this.#manifest
    const day = utcDay(this.#now()).replaceAll('-', '/')
    // 2026/11/22/[3]0123456789abcdef0123456789abcdef
    const target = this.#targetOf(`${day}/[${version}]${crypto.randomUUID().replaceAll('-', '')}`)
    this.#bySlot.set(slot, { target, isConfirmed: false })
    return target
  }

  /** Whether the isolate has to be asked for its stream. */
  asks(slot: number): boolean {
    return this.#bySlot.get(slot)?.isConfirmed !== true
  }

  confirm(slot: number, stream: string): void {
    this.#bySlot.set(slot, { target: this.#targetOf(stream), isConfirmed: true })
  }

  target(slot: number): LogTarget {
    return this.#bySlot.get(slot)?.target ?? this.begin(slot)
  }

  #targetOf(stream: string): LogTarget {
    const { logGroup: group, logFormat: format, systemLogLevel: systemLevel } = this.#manifest
    return { group, stream, format, systemLevel }
  }
}
