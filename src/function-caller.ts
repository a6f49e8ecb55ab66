import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Env } from './env.ts'
import type { Invocation, InvocationResult } from './functions/invocation.ts'
import { planesOf } from './planes.ts'

/**
 * Calls a function in a request of its own. One request may have four dynamic workers under way, so whatever calls
 * several at once, as a batch of events does, goes through here.
 */
export class FunctionCaller extends WorkerEntrypoint<Env> {
  invoke(invocation: Invocation): Promise<InvocationResult> {
    return planesOf(this.env).invoke(invocation)
  }
}
