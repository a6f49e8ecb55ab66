import { HTTP_INTEGRATION_TYPE } from '../shim-manifest.ts'
import type { Handler } from './find-handler.ts'

// As Lambda's runtime marks them, for libraries that look.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark')

interface Marked {
  [STREAMING]?: 'response'
  [HIGH_WATER_MARK]?: number
}

interface Stream {
  setContentType(type: string): void
  _onBeforeFirstWrite?: (write: (piece: string | Uint8Array) => void) => void
}

/**
 * The global that handlers which stream are made with:
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
export const awslambda = {
  streamifyResponse(handler: Handler & Marked, options?: { highWaterMark?: number }): Handler {
    handler[STREAMING] = 'response'
    if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark
    return handler
  },
  HttpResponseStream: {
    /** A stream for HTTP: status, headers and cookies go before what is written. */
    from(stream: Stream, prelude: unknown): Stream {
      stream.setContentType(HTTP_INTEGRATION_TYPE)
      const text = JSON.stringify(prelude)
      stream._onBeforeFirstWrite = write => {
        write(text)
        write(new Uint8Array(PRELUDE_END))
      }
      return stream
    },
  },
}

/** NUL bytes between the prelude and the body. */
export const PRELUDE_END = 8

export const isStreaming = (handler: Handler & Marked): boolean => handler[STREAMING] === 'response'
export const highWaterMarkOf = (handler: Handler & Marked): number | undefined => handler[HIGH_WATER_MARK]
