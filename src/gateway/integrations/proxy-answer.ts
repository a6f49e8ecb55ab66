import { Buffer } from 'node:buffer'
import { isBase64 } from '../../lib/base64.ts'
import { parseJsonObject, scalarText } from '../../lib/json-object.ts'
import { reshapeHeaders } from '../../lib/reshape-headers.ts'
import type { Reply } from '../exchange.ts'
import { RESPONSE_HEADERS_OF_FUNCTIONS } from '../response-headers.ts'

/** `undefined`: the answer is malformed, for which API Gateway has 502. */
export type ProxyAnswer = Reply | 'not-base64' | undefined

/** "none of the fields are mandatory, but you cannot return any other fields". */
const MEMBERS: ReadonlySet<string> = new Set([
  'statusCode',
  'headers',
  'multiValueHeaders',
  'body',
  'isBase64Encoded',
])

/**
 * What a function's answer says to the client (payload format 1.0).
 *
 * @param payload the JSON that the function returned
 * @param binaryAccepted whether the request accepts one of the API's binary media types first: only then is a
 *   base64 body decoded, else the client gets the base64 text
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyAnswer(payload: string, binaryAccepted: boolean): ProxyAnswer {
  const answer = parseJsonObject(payload)
  if (!answer) return undefined
  for (const name in answer) if (!MEMBERS.has(name)) return undefined
  const status = statusOf(answer.statusCode)
  const headers = headersOf(answer.headers, answer.multiValueHeaders)
  const text = answer.body === undefined || answer.body === null ? '' : scalarText(answer.body)
  const encoded = flagOf(answer.isBase64Encoded)
  if (status === undefined || !headers || text === undefined || encoded === undefined) return undefined
  if (!encoded || !binaryAccepted) return { status, headers, body: text }
  return isBase64(text) ? { status, headers, body: Buffer.from(text, 'base64') } : 'not-base64'
}

/** A number or its decimal text; 200 when there is none. What HTTP has no response for is malformed. */
function statusOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 200
  const status = typeof value === 'string' && /^\d{3}$/.test(value.trim()) ? Number(value) : value
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
    ? (status as number)
    : undefined
}

function flagOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

type HeaderList = Array<readonly [name: string, value: string]>

/**
 * "If you specify values for both headers and multiValueHeaders, API Gateway merges them into a single list. If the
 * same key-value pair is specified in both, only the values from multiValueHeaders will appear in the merged list."
 * The merged header is seen to have the multi-value one's spelling, and its values first.
 */
function headersOf(single: unknown, multi: unknown): HeaderList | undefined {
  const singles = entriesOf(single)
  const multis = entriesOf(multi)
  if (!singles || !multis) return undefined
  const list: HeaderList = []
  const several = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (const [name, values] of multis) {
    if (!Array.isArray(values)) return undefined
    const texts = values.filter(value => value !== null).map(scalarText)
    if (texts.includes(undefined)) return undefined
    several.set(name.toLowerCase(), { name, values: texts as string[] })
  }
  for (const [name, value] of singles) {
    if (value === null) continue
    const text = scalarText(value)
    if (text === undefined) return undefined
    const merged = several.get(name.toLowerCase())
    if (!merged) list.push([name, text])
    else if (!merged.values.includes(text)) merged.values.push(text)
  }
  for (const { name, values } of several.values()) for (const value of values) list.push([name, value])
  return reshapeHeaders(list, RESPONSE_HEADERS_OF_FUNCTIONS)
}

/** Undefined for what is not an object. */
function entriesOf(value: unknown): Array<[string, unknown]> | undefined {
  if (value === undefined || value === null) return []
  return typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : undefined
}
