import { traceRoot } from '../lib/trace-header.ts'

/** The trace header of a call and of what it calls in turn. */
export interface TracedCall {
  /** To be handed on: `Root=1-...;Parent=...;Sampled=0;Lineage=0123abcd:1` */
  readonly header: string
  /** How often the function has been called in this chain before, by itself or round a loop. */
  readonly hops: number
}

/** The header of a chain that has met no function yet, as it is handed on: `Root=1-...;Parent=...;Sampled=0` */
const BEGINNING = /^Root=[^;=\s]{1,80}(?:;Parent=[0-9a-f]{16})?(?:;Sampled=[01])?$/

/** Characters of a header that is read at all. */
const LONGEST_HEADER = 1024

/** Functions that a chain remembers. */
const LONGEST_LINEAGE = 32

/**
 * Notes a call of a function in its chain's trace header. Lambda detects loops the same way, and its SDKs hand the
 * header on from `_X_AMZN_TRACE_ID`: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 *
 * @param header as the caller sent it; absent or without a root begins a chain
 * @param id of the function, 8 hexadecimal digits
 * @param newRoot makes the `1-{time}-{id}` of a new chain
 */
export function countHops(header: string | undefined, id: string, newRoot: () => string): TracedCall {
  // What gateways send, and nearly all that anybody does.
  if (header !== undefined && BEGINNING.test(header)) {
    return { header: `${header};Lineage=${id}:1`, hops: 0 }
  }
  const given = header !== undefined && header.length <= LONGEST_HEADER ? header : ''
  const fields: string[] = []
  const counts = new Map<string, number>()
  for (const field of given.split(';').map(each => each.trim())) {
    if (!/^[A-Za-z]+=/.test(field)) continue
    if (!field.startsWith('Lineage=')) {
      fields.push(field)
      continue
    }
    // Of several, as a caller might send, every one counts: a second would take turns with the one that is added.
    for (const part of field.slice('Lineage='.length).split('|')) {
      const match = /^([0-9a-f]{8}):(\d{1,4})$/.exec(part)
      if (match) counts.set(match[1]!, Math.max(counts.get(match[1]!) ?? 0, Number(match[2])))
    }
  }
  const hops = counts.get(id) ?? 0
  counts.delete(id)
  // The newest last, so that a long chain forgets what it met long ago.
  const lineage = [...counts, [id, hops + 1] as const].slice(-LONGEST_LINEAGE)
  if (!fields.some(field => field.startsWith('Root='))) fields.unshift(`Root=${newRoot()}`)
  fields.push(`Lineage=${lineage.map(([each, count]) => `${each}:${count}`).join('|')}`)
  return { header: fields.join(';'), hops }
}

/**
 * As {@link countHops}, for a call of the function `uid`. A chain that begins with it is named after its request.
 *
 * @param at when it began, epoch milliseconds
 */
export const countCall = (
  { traceId, requestId }: { readonly traceId?: string; readonly requestId: string },
  uid: string,
  at: number,
): TracedCall =>
  countHops(traceId, uid.slice(0, 8), () =>
    traceRoot(at, requestId.replaceAll('-', '').slice(0, 24).padEnd(24, '0')),
  )
