import type { Invocation, InvocationResult, RefusalReason, Refused } from '../../functions/invocation.ts'
import { functionArn } from '../../lib/arn.ts'
import type { Clock } from '../../lib/clock.ts'
import type { HeaderList } from '../../lib/header-list.ts'
import { errorMessageOf } from '../calls/function-call.ts'
import type { AcceptEvent, Gateway } from '../gateway.ts'
import type { FetchBackEnd } from '../integrations/reach-back-end.ts'

/** One call that the gateway made for a request: of its authorizer, or of the method's back end. */
export interface BackEndCall {
  readonly kind: 'function' | 'http'
  readonly uri: string
  readonly sentAt: number
  readonly headers: HeaderList
  /** Undefined for a body that was not kept. */
  readonly body: string | undefined
  answeredAt?: number
  /** HTTP status of the call itself: of the Lambda API, not of what a function answers. */
  status?: number
  answerHeaders?: HeaderList
  answer?: string | Promise<string | undefined>
  requestId?: string | undefined
  /** The function failed, or the call did. */
  error?: string
  /** The function ran, and failed. */
  functionFailed?: boolean
}

/** What the Lambda API would have answered. */
const STATUS_OF: Readonly<Record<RefusalReason, number>> = {
  'not-found': 404,
  'not-permitted': 403,
  throttled: 429,
  'over-ceiling': 429,
  recursive: 400,
  'not-ready': 409,
  unavailable: 503,
  'key-unusable': 502,
}

/** Characters of a body that are kept: a log event has 1,024 bytes. */
export const KEPT = 998

/**
 * What is noted of a request while it is served, for its logs. Made only for requests that have some: whatever serves
 * them calls back ends through a gateway that listens, and knows nothing of it.
 */
export class Observation {
  readonly #clock: Clock
  /** Whether headers and bodies are noted, too. */
  readonly keepsData: boolean
  readonly authorizerCalls: BackEndCall[] = []
  readonly calls: BackEndCall[] = []
  /** What the caller identified itself by to an authorizer. */
  readonly secrets: string[] = []
  #isIntegrating = false

  constructor(clock: Clock, keepsData: boolean) {
    this.#clock = clock
    this.keepsData = keepsData
  }

  /** From here on, calls are the integration's. */
  integrating(): void {
    this.#isIntegrating = true
  }

  get hasBegunIntegration(): boolean {
    return this.#isIntegrating
  }

  /** The gateway, with everything that it is asked to call noted. */
  listen(gateway: Gateway): Gateway {
    const { acceptEvent, callService } = gateway
    return {
      ...gateway,
      invoke: invocation => this.#invoke(gateway, invocation),
      ...(acceptEvent && { acceptEvent: event => this.#accept(acceptEvent, event) }),
      ...(callService && {
        callService: (request, call) =>
          this.#call(request.url, request.headers, undefined, () => callService(request, call)),
      }),
      fetch: this.#listening(gateway.fetch),
      link: binding => {
        const send = gateway.link(binding)
        return send && this.#listening(send)
      },
    }
  }

  async #invoke(gateway: Gateway, invocation: Invocation): Promise<InvocationResult> {
    const call = this.#noteFunction(invocation)
    try {
      const result = await gateway.invoke(invocation)
      this.#answered(call, result.kind === 'refused' ? STATUS_OF[result.reason] : 200)
      if (result.kind === 'refused') {
        call.error = result.message
        return result
      }
      if (result.functionError) {
        call.functionFailed = true
        call.error = errorMessageOf(result.payload)
      }
      if (this.keepsData) {
        call.answer = result.payload
        call.answerHeaders = [
          ['Content-Type', 'application/json'],
          ['x-amzn-RequestId', invocation.requestId],
          ...pair('X-Amz-Function-Error', result.functionError),
          ['X-Amz-Executed-Version', result.executedVersion],
        ]
      }
      return result
    } catch (error) {
      throw this.#failed(call, error)
    }
  }

  async #accept(acceptEvent: AcceptEvent, invocation: Invocation): Promise<Refused | undefined> {
    const call = this.#noteFunction(invocation)
    try {
      const refused = await acceptEvent(invocation)
      this.#answered(call, refused ? STATUS_OF[refused.reason] : 202)
      if (refused) call.error = refused.message
      return refused
    } catch (error) {
      throw this.#failed(call, error)
    }
  }

  #listening(send: FetchBackEnd): FetchBackEnd {
    return (url, init, account) => this.#call(url, init.headers, init.body, () => send(url, init, account))
  }

  async #call<R extends Response | undefined>(
    uri: string,
    headers: HeadersInit | undefined,
    body: BodyInit | null | undefined,
    send: () => Promise<R>,
  ): Promise<R> {
    const call = this.#note({
      kind: 'http',
      uri,
      sentAt: this.#clock(),
      headers: this.keepsData ? [...new Headers(headers)] : [],
      body: this.keepsData && typeof body === 'string' ? body : undefined,
    })
    try {
      const response = await send()
      if (!response) return response
      this.#answered(call, response.status)
      call.requestId =
        response.headers.get('x-amzn-requestid') ?? response.headers.get('x-amz-request-id') ?? undefined
      if (!this.keepsData) return response
      call.answerHeaders = [...response.headers]
      // What is encoded is no text that anybody could read.
      if (response.body && !response.headers.has('content-encoding')) {
        call.answer = beginningOf(response.clone())
      }
      return response
    } catch (error) {
      throw this.#failed(call, error)
    }
  }

  #noteFunction({ account, name, qualifier, payload, requestId, ...more }: Invocation): BackEndCall {
    const arn = functionArn(account, name, qualifier)
    return this.#note({
      kind: 'function',
      uri: `https://lambda.${account.region}.amazonaws.com/2015-03-31/functions/${arn}/invocations`,
      sentAt: this.#clock(),
      headers: this.keepsData
        ? [
            ['x-amzn-lambda-integration-tag', requestId],
            ...pair('X-Amzn-Trace-Id', more.traceId),
            ...pair('X-Amz-Source-Arn', more.principal?.sourceArn),
          ]
        : [],
      body: this.keepsData && typeof payload === 'string' ? payload : undefined,
      requestId,
    })
  }

  #answered(call: BackEndCall, status: number): void {
    call.answeredAt = this.#clock()
    call.status = status
  }

  #note(call: BackEndCall): BackEndCall {
    const list = this.#isIntegrating ? this.calls : this.authorizerCalls
    list.push(call)
    return call
  }

  #failed(call: BackEndCall, error: unknown): unknown {
    call.answeredAt = this.#clock()
    call.error = error instanceof Error ? error.message : String(error)
    return error
  }
}

const pair = (name: string, value: string | undefined): HeaderList =>
  value === undefined ? [] : [[name, value]]

/** As much of a body as a log has room for; the rest is not waited for. Never rejects. */
export async function beginningOf(response: Response): Promise<string | undefined> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length <= KEPT) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      text += decoder.decode(value as Uint8Array, { stream: true })
    }
    reader.cancel().catch(() => {})
    return text
  } catch {
    return undefined
  }
}
