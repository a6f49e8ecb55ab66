import { Buffer } from 'node:buffer'
import { isBase64 } from '../../lib/base64.ts'
import type { RequestBody } from '../request-body.ts'
import type { SnapshotIntegration } from '../snapshot.ts'

/** A payload: text, or bytes where it is binary data. */
export type Payload = string | Uint8Array<ArrayBuffer>

type ContentHandling = SnapshotIntegration['contentHandling']

/** Whether a request's payload stays bytes on its way to the integration: no template can then be applied to it. */
export const staysBinary = (body: RequestBody, handling: ContentHandling): boolean =>
  body.isBase64 && handling !== 'CONVERT_TO_TEXT'

/**
 * The payload for the integration, by the first table of
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 *
 * @param body text, or the base64 of what came as one of the API's binary media types
 * @returns undefined when text that is to become binary is no base64
 */
export function integrationPayload(body: RequestBody, handling: ContentHandling): Payload | undefined {
  if (body.isBase64) return handling === 'CONVERT_TO_TEXT' ? body.text : Buffer.from(body.text, 'base64')
  return handling === 'CONVERT_TO_BINARY' ? bytesOf(body.text) : body.text
}

export interface Answered {
  readonly payload: Payload
  /** Whether the integration gave it one of the API's binary media types. */
  readonly isBinary: boolean
}

/** The integration's payload as a response template sees it: the base64 of what is binary. */
export function payloadAsText({ payload, isBinary }: Answered): string {
  if (typeof payload !== 'string') return Buffer.from(payload).toString(isBinary ? 'base64' : 'utf8')
  return isBinary ? Buffer.from(payload).toString('base64') : payload
}

/**
 * The payload for the client, by the second table of the same page.
 *
 * @param binaryAccepted whether the first media type of `Accept` is one of the API's binary ones
 * @returns undefined when text that was asked to become binary is no base64
 */
export function clientPayload(
  answer: Answered,
  handling: ContentHandling,
  binaryAccepted: boolean,
): Payload | undefined {
  if (answer.isBinary) {
    const binary = handling === 'CONVERT_TO_BINARY' || (handling === undefined && binaryAccepted)
    return binary ? answer.payload : payloadAsText(answer)
  }
  const text = payloadAsText(answer)
  if (handling === 'CONVERT_TO_BINARY') return bytesOf(text)
  // Nobody asked for it in so many words: what is no base64 (an error's document, say) stays text.
  return handling === undefined && binaryAccepted ? (bytesOf(text) ?? text) : text
}

/** A function that returns base64 returns it as a JSON string, quotes and all. */
const QUOTED = /^\s*"([^"]*)"\s*$/

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  const encoded = QUOTED.exec(text)?.[1] ?? text
  return isBase64(encoded) ? Buffer.from(encoded, 'base64') : undefined
}
