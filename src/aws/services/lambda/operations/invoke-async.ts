import { contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { type Enqueue, readPayload, resolveTarget } from './invoke.ts'

/** What Invoke was before it had types of invocation; old clients still have it. */
export const invokeAsyncOperations = ({ enqueue }: { readonly enqueue: Enqueue }) =>
  ({
    async InvokeAsync(input, call) {
      const context = contextOf(call)
      const { account } = context
      const { name, qualifier } = referenceOf(context, input)
      const payload = readPayload(input.InvokeArgs as Uint8Array | undefined, 'Event')
      const { uid } = await resolveTarget(context, name, qualifier)
      const event = { account, name, qualifier, uid, requestId: call.requestId }
      await enqueue(event, new TextEncoder().encode(payload))
      return { Status: 202 }
    },
  }) satisfies LambdaHandlers
