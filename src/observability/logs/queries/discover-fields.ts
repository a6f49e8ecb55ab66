import { jsonObjectIn } from '../patterns/json-message.ts'
import type { QueryValue } from './query-value.ts'

/**
 * What is found in a message without being asked for: members of JSON, nested ones by `a.b.0`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */
export class DiscoveredFields {
  readonly #message: string
  #document: object | null | undefined

  constructor(message: string) {
    this.#message = message
  }

  get(name: string): QueryValue {
    const lambda = LAMBDA_FIELDS[name]
    if (lambda) return lambda(this.#message)
    this.#document ??= jsonObjectIn(this.#message) ?? null
    return this.#document === null ? undefined : memberOf(this.#document, name)
  }
}

/** `a.b.0.c`: names may have dots themselves. */
export function memberOf(document: object, path: string): QueryValue {
  if (Object.hasOwn(document, path)) return present((document as Record<string, unknown>)[path])
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot)
    if (!Object.hasOwn(document, name)) continue
    const member = (document as Record<string, unknown>)[name]
    if (typeof member === 'object' && member !== null) return memberOf(member, path.slice(dot + 1))
  }
  return undefined
}

/** Null is nothing. */
const present = (value: unknown): QueryValue => (value === null ? undefined : (value as QueryValue))

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const REQUEST_ID = new RegExp(`^(?:(?:START|END|REPORT) RequestId: |\\S{1,40}\\t)(${UUID})\\b`)

/** Megabytes are told as bytes, in thousands. */
const MEGABYTE = 1_000_000

const LAMBDA_FIELDS: Readonly<Record<string, (message: string) => QueryValue>> = {
  '@type': message => /^(START|END|REPORT) RequestId: /.exec(message)?.[1],
  '@requestId': message => REQUEST_ID.exec(message)?.[1],
  '@duration': reported('Duration'),
  '@billedDuration': reported('Billed Duration'),
  '@initDuration': reported('Init Duration'),
  '@memorySize': reported('Memory Size', MEGABYTE),
  '@maxMemoryUsed': reported('Max Memory Used', MEGABYTE),
  '@xrayTraceId': afterName('XRAY TraceId'),
  '@xraySegmentId': afterName('SegmentId'),
}

/** A number of a REPORT line, whose parts have tabs between them. */
function reported(name: string, factor = 1): (message: string) => QueryValue {
  const expression = new RegExp(`\\t${name}: ([\\d.]{1,20}) `)
  return message => {
    const digits = message.startsWith('REPORT ') ? expression.exec(message)?.[1] : undefined
    return digits === undefined ? undefined : Number(digits) * factor
  }
}

function afterName(name: string): (message: string) => QueryValue {
  const expression = new RegExp(`\\t${name}: (\\S{1,100})`)
  return message => (message.startsWith('REPORT ') ? expression.exec(message)?.[1] : undefined)
}
