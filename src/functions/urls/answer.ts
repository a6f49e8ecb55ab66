import { Buffer } from 'node:buffer'
import { isBase64 } from '../../lib/base64.ts'
import { type HeaderList, hasHeader } from '../../lib/header-list.ts'
import { isJsonObject } from '../../lib/json-object.ts'
import { fates, HOP_BY_HOP, reshapeHeaders } from '../../lib/reshape-headers.ts'

/** What a client is answered with, apart from the body. */
export interface AnswerHead {
  readonly status: number
  /** In the order of sending; a name may repeat. */
  readonly headers: HeaderList
}

export interface UrlAnswer extends AnswerHead {
  readonly body: string | Uint8Array<ArrayBuffer>
}

/**
 * What a function's answer says to the client. One that is no object with a `statusCode` is the body itself.
 *
 * A string is the body without its quotes: the documentation's example keeps them, Lambda does not.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 *
 * @param payload what the function returned, as JSON
 * @returns undefined when nothing can be sent of it
 */
export function urlAnswer(payload: string): UrlAnswer | undefined {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return undefined
  }
  if (!isJsonObject(value) || value.statusCode === undefined) {
    return { status: 200, headers: [JSON_TYPE], body: typeof value === 'string' ? value : payload }
  }
  const head = answerHead(value, 'application/json')
  const body = bodyOf(value.body, value.isBase64Encoded)
  return head && body !== undefined ? { ...head, body } : undefined
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const

/**
 * Status, headers and cookies, as an answer's object or a stream's prelude has them; undefined when they cannot be
 * sent.
 */
export function answerHead(
  { statusCode, headers, cookies }: Readonly<Record<string, unknown>>,
  defaultType: string,
): AnswerHead | undefined {
  const status = statusCode === undefined ? 200 : statusOf(statusCode)
  const list: Array<readonly [string, string]> = []
  if (headers !== undefined && headers !== null) {
    if (!isJsonObject(headers)) return undefined
    for (const [name, value] of Object.entries(headers)) {
      if (value === null || value === undefined) continue
      if (typeof value === 'object') return undefined
      list.push([name, String(value)])
    }
  }
  if (cookies !== undefined && cookies !== null) {
    if (!Array.isArray(cookies) || cookies.some(cookie => typeof cookie !== 'string')) return undefined
    for (const cookie of cookies) list.push(['Set-Cookie', cookie])
  }
  if (!hasHeader(list, 'content-type')) list.push(['Content-Type', defaultType])
  const reshaped = reshapeHeaders(list, FATES)
  return status !== undefined && reshaped ? { status, headers: reshaped } : undefined
}

/** Headers that a function cannot set: Lambda is seen to send those under other names that are about its own answer. */
const FATES = fates({
  drop: [...HOP_BY_HOP],
  remap: [
    'connection',
    'content-length',
    'date',
    'server',
    'www-authenticate',
    'x-amzn-requestid',
    'x-amzn-trace-id',
  ],
})

/** "The valid statusCode are within the range of 100 to 599"; of these a Worker can send those from 200 on. */
function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
    ? (status as number)
    : undefined
}

function bodyOf(value: unknown, encoded: unknown): UrlAnswer['body'] | undefined {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (encoded !== true && encoded !== 'true') return text
  return isBase64(text) ? Buffer.from(text, 'base64') : undefined
}
