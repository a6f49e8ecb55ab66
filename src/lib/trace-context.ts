/** What a request says of the trace that it is part of. */
export interface TraceContext {
  /** `1-67891233-abcdef012345678912345678` */
  readonly root: string
  /** 16 hexadecimal digits: whoever sent the request. */
  readonly parent?: string
  /** Whether the trace is kept; undefined where nobody has decided it yet. */
  readonly sampled?: boolean
}

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/
const SPAN = /^[0-9a-f]{16}$/

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** Reads `X-Amzn-Trace-Id`; undefined for a header that names no trace as X-Ray names them. */
export function readTraceHeader(header: string): TraceContext | undefined {
  const fields = new Map<string, string>()
  for (const field of header.split(';')) {
    const at = field.indexOf('=')
    if (at > 0) fields.set(field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim())
  }
  const root = fields.get('root')
  if (root === undefined || !ROOT.test(root)) return undefined
  const parent = fields.get('parent')
  const sampled = fields.get('sampled')
  return {
    root,
    ...(parent !== undefined && SPAN.test(parent) && { parent }),
    ...((sampled === '0' || sampled === '1') && { sampled: sampled === '1' }),
  }
}

/** Reads W3C's `traceparent`, whose ids have the same digits. A sender's flag is its decision. */
export function readTraceParent(header: string): TraceContext | undefined {
  const [, version, trace, parent, flags] = TRACEPARENT.exec(header) ?? []
  if (!trace || !parent || version === 'ff' || /^0+$/.test(trace) || /^0+$/.test(parent)) return undefined
  return {
    root: `1-${trace.slice(0, 8)}-${trace.slice(8)}`,
    parent,
    sampled: (Number.parseInt(flags!, 16) & 1) === 1,
  }
}

/** `Root=1-...;Parent=...;Sampled=1` */
export const traceHeader = ({ root, parent, sampled }: TraceContext): string =>
  `Root=${root}${parent === undefined ? '' : `;Parent=${parent}`}${sampled === undefined ? '' : `;Sampled=${sampled ? 1 : 0}`}`

/** As W3C writes it; `parent` is whoever sends the request. */
export const traceParent = ({ root, sampled }: TraceContext, parent: string): string =>
  `00-${root.slice(2, 10)}${root.slice(11)}-${parent}-${sampled ? '01' : '00'}`
