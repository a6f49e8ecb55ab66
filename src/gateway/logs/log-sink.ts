import type { FlushCycle } from '../../lib/flush-cycle.ts'

/** One event of a log. */
export interface LogLine {
  /** ARN of a log group or of a Data Firehose stream, or the name of a log group of the API's own account. */
  readonly destination: string
  readonly account: string
  readonly region: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly message: string
  /** For the eyes of whoever develops the API, and for no log. */
  readonly isHint?: boolean
}

/** Where lines go in the end; it is called once a second at most, unless much comes. What it throws is reported, and the lines are lost. */
export interface LogSink {
  write(lines: readonly LogLine[]): void
}

/** Takes the lines of requests. Never throws, and nobody waits for it. */
export interface Log {
  write(line: LogLine): void
}

/** Lines go on one JSON object each, for whoever collects what the Worker prints. */
export const consoleSink: LogSink = {
  write(lines) {
    for (const { destination, at, message } of lines) {
      console.log(JSON.stringify({ destination, timestamp: at, message }))
    }
  },
}

/** Lines that are sent on at once, however young. */
const FULL_BATCH = 1_000

/** Collects what one isolate logs, and hands it on in batches, off the requests' path. */
export class BatchedLog implements Log {
  readonly #sink: LogSink
  readonly #cycle: FlushCycle
  #lines: LogLine[] = []

  constructor(sink: LogSink, cycle: FlushCycle) {
    this.#sink = sink
    this.#cycle = cycle
    cycle.joinBefore(() => this.#handOn())
  }

  write(line: LogLine): void {
    this.#lines.push(line)
    if (this.#lines.length >= FULL_BATCH) this.#cycle.overdue()
    else this.#cycle.wanted(line.at)
  }

  #handOn(): void {
    const lines = this.#lines
    if (lines.length === 0) return
    this.#lines = []
    try {
      this.#sink.write(lines)
    } catch (error) {
      console.error(`${lines.length} lines of logs are lost`, error)
    }
  }
}
