import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { enter } from '../src/front-door.ts'
import { requestHandlerTo } from './sdk-request-handler.ts'

/** Where clients find the Weir of these tests. */
export const ORIGIN = 'http://localhost:8787'

/** That of a Weir in development. */
export const env: Env = { ...(bindings as unknown as Env), WEIR_LOCAL: '1' }

/** Sends a request to Weir as it is put together, and waits for what goes on after the answer. */
export async function send(url: string | Request, init?: RequestInit, bound: Env = env): Promise<Response> {
  const context = createExecutionContext()
  const response = await enter(new Request(url, init), bound, context)
  // A body is streamed while the request lasts.
  const whole = new Response(response.body && (await response.arrayBuffer()), response)
  await waitOnExecutionContext(context)
  return whole
}

/** For an SDK's client. */
export const clientOptions = (region = 'us-east-1', bound = env) => ({
  region,
  endpoint: ORIGIN,
  maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: requestHandlerTo(ORIGIN, request => send(request, undefined, bound)),
})
