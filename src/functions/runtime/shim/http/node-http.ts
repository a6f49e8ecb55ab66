// A module of its own, which is compiled when a function requires `http` or `https`.
import http from 'node:http'
import https from 'node:https'
import { type AgentLike, ClientRequest, optionsOf, type RequestOptions } from './client-request.ts'
import { IncomingMessage } from './incoming-message.ts'
import { OutgoingMessage } from './outgoing-message.ts'
import { ServerResponse } from './server-response.ts'

type Arguments = ConstructorParameters<typeof ClientRequest>

/**
 * Replaces the messages of `http` by ones that libraries can write to, read from and inherit from as they do on Node.
 * workerd's own belong to its server and its `fetch`: an answer takes no other socket, a request has no `socket`, its
 * answer no `req` nor `rawHeaders`, and none may be called without `new`. Servers and agents stay workerd's.
 */
export function changeHttp(module: Record<string, unknown>): void {
  const request = (...args: Arguments) => new ClientRequest(...args)
  Object.assign(module, {
    IncomingMessage,
    OutgoingMessage,
    ServerResponse,
    ClientRequest,
    request,
    get: (...args: Arguments) => request(...args).end(),
  })
}

export function changeHttps(module: Record<string, unknown>): void {
  const request = (...args: Arguments) => {
    const [input, given, listener] = args
    const isUrl = typeof input === 'string' || input instanceof URL
    const options: RequestOptions = {
      _defaultAgent: https.globalAgent as AgentLike,
      ...(isUrl ? optionsOf(new URL(input)) : input),
      ...(typeof given === 'object' ? given : undefined),
    }
    return new ClientRequest(options, listener ?? (typeof given === 'function' ? given : undefined))
  }
  Object.assign(module, { request, get: (...args: Arguments) => request(...args).end() })
}

/** The parts of `http` that have a module of their own. */
export const PARTS: Readonly<Record<string, object>> = {
  _http_incoming: { IncomingMessage },
  _http_outgoing: { OutgoingMessage },
  _http_server: { ServerResponse, STATUS_CODES: http.STATUS_CODES },
  _http_client: { ClientRequest },
}
