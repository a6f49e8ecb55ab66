import { Readable } from 'node:stream'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { type Handler, type ServiceDefinition, service } from '../../../../src/aws/wire/service.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { provideDigestStream } from '../digest-stream.ts'

export const SECRET = 'loopback-secret'
export const ORIGIN = 'http://weir.test'

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
  requestHandler: requestHandlerTo(ORIGIN, endpoint, async response =>
    Readable.from([new Uint8Array(await response.arrayBuffer())]),
  ),
})
