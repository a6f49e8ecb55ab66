/** What an SDK's client hands to its request handler. */
export interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Record<string, string>
  readonly body?: BodyInit
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

export function toFetch(origin: string, request: SdkRequest): Request {
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(each =>
      each === null ? encode(name) : `${encode(name)}=${encode(each as string)}`,
    ),
  )
  return new Request(`${origin}${request.path}${query.length ? `?${query.join('&')}` : ''}`, {
    method: request.method,
    headers: request.headers,
    body: request.method === 'GET' || request.method === 'HEAD' ? undefined : request.body,
  })
}

/**
 * A request handler that lets an unpatched SDK client call code instead of a network.
 *
 * @param bodyOf what the client's stream collector reads: a web stream, unless the client is told otherwise
 */
export const requestHandlerTo = (
  origin: string,
  send: (request: Request) => Promise<Response>,
  bodyOf: (response: Response) => unknown = response => response.body ?? undefined,
) =>
  ({
    async handle(request: SdkRequest) {
      const response = await send(toFetch(origin, request))
      return {
        response: {
          statusCode: response.status,
          headers: Object.fromEntries(response.headers),
          body: await bodyOf(response),
        },
      }
    },
  }) as never
