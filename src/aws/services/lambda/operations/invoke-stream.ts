import type { InvokeWithResponseStreamResponseEvent } from '@aws-sdk/client-lambda'
import { unsupported } from '../../../../functions/control/function-refusals.ts'
import type { Streamed, StreamFunction } from '../../../../functions/invocation.ts'
import { contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { checkClientContext, logTail, readPayload, refusalOf, resolveTarget } from './invoke.ts'

export interface InvokingStreams {
  readonly stream: StreamFunction
}

export const invokeStreamOperations = ({ stream }: InvokingStreams) =>
  ({
    async InvokeWithResponseStream(input, call) {
      const context = contextOf(call)
      const { name, qualifier } = referenceOf(context, input)
      if (input.TenantId !== undefined) throw unsupported('tenant isolation')
      checkClientContext(input.ClientContext)
      const payload = readPayload(input.Payload as Uint8Array | undefined, 'RequestResponse')
      if (input.InvocationType === 'DryRun') {
        const { version } = await resolveTarget(context, name, qualifier)
        return {
          StatusCode: 204,
          ExecutedVersion: version,
          EventStream: undefined,
          ResponseStreamContentType: undefined,
        }
      }
      const invocation = {
        account: context.account,
        name,
        qualifier,
        payload,
        requestId: call.requestId,
        traceId: call.traceId,
        clientContext: input.ClientContext,
        source: { caller: { arn: call.identity.arn } },
      }
      const result = await stream(invocation)
      if (result.kind === 'refused') throw refusalOf(result, invocation)
      return {
        StatusCode: 200,
        ExecutedVersion: result.executedVersion,
        EventStream: eventsOf(result, input.LogType === 'Tail'),
        ResponseStreamContentType: result.contentType,
      }
    },
  }) satisfies LambdaHandlers

/** Bytes of one event's payload at most: what a function writes at once may be larger than clients want to hold. */
const LARGEST_CHUNK = 1024 * 1024

/** What the function writes, as it does, and then how it ended: a failure of the function is part of the answer. */
async function* eventsOf(
  { body, ending }: Streamed,
  withLog: boolean,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent, void, void> {
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += LARGEST_CHUNK) {
      yield { PayloadChunk: { Payload: piece.subarray(at, at + LARGEST_CHUNK) } }
    }
  }
  const { functionError, errorDocument, logs } = await ending
  yield {
    InvokeComplete: {
      ErrorCode: functionError,
      ErrorDetails: errorDocument,
      LogResult: withLog ? logTail(logs) : undefined,
    },
  }
}
