import { Readable } from 'node:stream'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { type Handler, type ServiceDefinition, service } from '../../../../src/aws/wire/service.ts'
import { provideDigestStream } from '../digest-stream.ts'

export const SECRET = 'loopback-secret'
export const ORIGIN = 'http://weir.test'

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

export function toFetch(request: SdkRequest): Request {
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(each =>
      each === null ? encode(name) : `${encode(name)}=${encode(each as string)}`,
    ),
  )
  return new Request(`${ORIGIN}${request.path}${query.length ? `?${query.join('&')}` : ''}`, {
    method: request.method,
    headers: request.headers,
    body: request.method === 'GET' || request.method === 'HEAD' ? undefined : request.body,
  })
}

/** An endpoint of one service whose every operation is `handler`. */
export function endpointOf(
  definition: Omit<ServiceDefinition<null>, 'handlers' | 'codes'>,
  handler: Handler<null>,
): (request: Request) => Promise<Response> {
  provideDigestStream()
  const handlers = Object.fromEntries(Object.keys(definition.facts.operations).map(name => [name, handler]))
  const codes = { validation: 'ValidationException', serialization: 'SerializationException' }
  const endpoint = awsEndpoint<null>({
    services: [service({ ...definition, handlers, codes })],
    lookUp: async accessKeyId => ({
      accessKeyId,
      secretAccessKey: SECRET,
      account: '000000000000',
      arn: 'arn:aws:iam::000000000000:root',
    }),
    clock: () => Date.now(),
  })
  return request => endpoint(request, null)
}

/** Configuration of a client whose requests go straight into the endpoint. */
export const loopback = (endpoint: (request: Request) => Promise<Response>) => ({
  region: 'eu-central-1',
  endpoint: ORIGIN,
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIDLOOPBACK', secretAccessKey: SECRET },
  requestHandler: {
    async handle(request: SdkRequest) {
      const response = await endpoint(toFetch(request))
      return {
        response: {
          statusCode: response.status,
          headers: Object.fromEntries(response.headers),
          body: Readable.from([new Uint8Array(await response.arrayBuffer())]),
        },
      }
    },
  },
})
