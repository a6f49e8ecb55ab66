/** Values of `X-Amzn-Trace-Id`. */
export interface Trace {
  /** What the back end is told. */
  readonly request: string
  /** What the client is told. */
  readonly response: string
}

/** The random parts of a trace. */
export interface TraceRandomness {
  /** 24 hexadecimal digits, of the trace's root. */
  readonly traceEntropy: string
  /** 16 hexadecimal digits: the first segment. */
  readonly segment: string
}

/** The root of a trace that begins now: `1-{seconds, hex}-{24 hex digits}`. `now`: epoch milliseconds. */
export const traceRoot = (now: number, entropy: string): string =>
  `1-${Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0')}-${entropy}`

/** The root that a header names as API Gateway hands it on: `1-67891233-abcdef012345678912345678` */
export const rootOf = (header: string): string | undefined => /Root=([^;]+)/.exec(header)?.[1]

/** A trace that the client has begun goes on; else one begins. */
export function beginTrace(sent: string | null, now: number, random: TraceRandomness): Trace {
  const root = sent && /(?:^|;)\s*Root=([^;]+)/i.exec(sent)?.[1]
  const parent = sent && /(?:^|;)\s*Parent=([^;]+)/i.exec(sent)?.[1]
  const sampled = sent && /(?:^|;)\s*Sampled=([01])/i.exec(sent)?.[1]
  const begun = `Root=${root || traceRoot(now, random.traceEntropy)}`
  return {
    request: root ? sent! : begun,
    response: `${begun};Parent=${parent || random.segment};Sampled=${sampled || '0'}`,
  }
}
