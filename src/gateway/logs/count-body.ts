import { Buffer } from 'node:buffer'
import { hasHeader } from '../../lib/header-list.ts'
import type { Exchange } from '../exchange.ts'

/**
 * Tells how many bytes the answer's body has, once: at once where it is known, else when the last of it was sent or
 * the client went away. Only a body that is a stream is passed through anything.
 */
export function countBody(exchange: Exchange, tell: (bytes: number) => void): void {
  const length = knownLength(exchange)
  if (length !== undefined) tell(length)
  else if (exchange.refusal) {
    const counting = exchange
      .response!.clone()
      .arrayBuffer()
      .then(
        bytes => tell(bytes.byteLength),
        () => tell(0),
      )
    exchange.gateway.defer(counting)
  } else {
    const { body, status, headers } = exchange.response!
    exchange.response = new Response(counted(body!, tell), {
      status,
      headers,
      // What is encoded is encoded already.
      ...(headers.has('content-encoding') && { encodeBody: 'manual' }),
    })
  }
}

/** Undefined for a stream, and for what the gateway itself made of an answer. */
function knownLength(exchange: Exchange): number | undefined {
  const { response, reply, refusal } = exchange
  if (!response?.body) return 0
  if (refusal || response.headers.has('content-encoding') !== isEncoded(exchange)) return undefined
  if (typeof reply?.body === 'string') return Buffer.byteLength(reply.body)
  return reply?.body instanceof Uint8Array ? reply.body.byteLength : undefined
}

/** Whether the integration itself has encoded its answer. */
const isEncoded = ({ reply }: Exchange): boolean =>
  reply !== undefined && hasHeader(reply.headers, 'content-encoding')

function counted(
  body: ReadableStream<Uint8Array>,
  tell: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  let isTold = false
  const end = () => {
    if (!isTold) tell(bytes)
    isTold = true
  }
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          end()
          controller.close()
          return
        }
        bytes += value.byteLength
        controller.enqueue(value)
      } catch (error) {
        end()
        throw error
      }
    },
    async cancel(reason) {
      end()
      await reader.cancel(reason)
    },
  })
}
