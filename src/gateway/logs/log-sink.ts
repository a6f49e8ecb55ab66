/** One event of a log. */
export interface LogLine {
  /** ARN of a log group or of a Data Firehose stream, or the name of a log group of the API's own account. */
  readonly destination: string
  readonly account: string
  readonly region: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly message: string
}

/** Where lines go in the end; it is called about once a second. What it throws is reported, and the lines are lost. */
export interface LogSink {
  write(lines: readonly LogLine[]): void | Promise<void>
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

export interface BatchedLogOptions {
  readonly sink: LogSink
  /** Lets work outlive the request that started it. */
  readonly defer: (work: Promise<unknown>) => void
  readonly sleep: (ms: number) => Promise<void>
}

/** A crash loses what was written within this time. */
const BATCH_MS = 1_000
/** A wait ends with its request if that is cut off: after so long, another one begins. */
const LONGEST_WAIT_MS = 5_000
/** Lines that are sent on at once, however young. */
const FULL_BATCH = 1_000

/** Collects what one isolate logs, and hands it on in batches, off the requests' path. */
export class BatchedLog implements Log {
  readonly #options: BatchedLogOptions
  #lines: LogLine[] = []
  /** Epoch milliseconds. */
  #waitingSince = Number.NEGATIVE_INFINITY

  constructor(options: BatchedLogOptions) {
    this.#options = options
  }

  write(line: LogLine): void {
    this.#lines.push(line)
    if (this.#lines.length >= FULL_BATCH) this.#options.defer(this.flush())
    else if (Math.abs(line.at - this.#waitingSince) >= LONGEST_WAIT_MS) {
      this.#waitingSince = line.at
      this.#options.defer(this.#flushLater())
    }
  }

  /** Hands on all that is there. Never rejects. */
  async flush(): Promise<void> {
    const lines = this.#lines
    if (lines.length === 0) return
    this.#lines = []
    try {
      await this.#options.sink.write(lines)
    } catch (error) {
      console.error(`${lines.length} lines of logs are lost`, error)
    }
  }

  async #flushLater(): Promise<void> {
    try {
      await this.#options.sleep(BATCH_MS)
    } finally {
      this.#waitingSince = Number.NEGATIVE_INFINITY
    }
    await this.flush()
  }
}
