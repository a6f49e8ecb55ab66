import { WorkerEntrypoint } from 'cloudflare:workers'
import { type Env, isLocal } from '../env.ts'
import { PLACEHOLDER_KEY_ID } from '../identity/placeholder-key.ts'
import { looksLikeSessionToken } from '../identity/session-token.ts'
import { CLOUDFLARE_HEADERS } from '../lib/forwarded.ts'
import { isPrivateHost } from '../lib/private-host.ts'
import { type AwsEndpoint, awsEndpoint, isAwsName } from './aws-host.ts'
import { relayConnection } from './relay-connection.ts'

/** Whose calls go out through this door. */
export interface OutboundProps {
  readonly account: string
  readonly region: string
  /** ARN of the execution role. */
  readonly role: string
  /** Name of the function. */
  readonly function: string
}

/** A request of a function to an AWS service, which Weir answers itself. */
export interface RoleCall {
  readonly caller: OutboundProps
  /** Which service is called, as a signature's scope names it, and where. */
  readonly service: string
  readonly region: string
  /**
   * Whether the function signed it with the credentials of its environment. Whatever else comes is nobody's: a
   * function may be told which address to ask, and must not lend its role to whoever tells it.
   */
  readonly signed: boolean
}

/**
 * Hands a request to Weir's control plane, in the name of a function's role where that signed it, and never to a
 * network. Who calls is an argument and no header, so that nobody can write it.
 */
export type ControlPlaneDoor = (request: Request, call: RoleCall) => Promise<Response>

/**
 * The only way out of a function's isolate. What a function signs with the credentials of its environment, and what
 * it asks of an AWS endpoint without any, is answered by Weir's own services as the function's role; the rest goes
 * out. A deployed Weir lets no function reach loopback, link-local or private addresses; on a laptop people test
 * against servers on their own machine, so there they may.
 */
export abstract class Outbound extends WorkerEntrypoint<Env, OutboundProps> {
  protected abstract readonly controlPlane: ControlPlaneDoor

  /** Whether a URL is this Weir's own, as somebody writes it into `AWS_ENDPOINT_URL`. */
  protected abstract isOwnAddress(url: URL): boolean

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const signer = signerOf(request, url)
    if (this.#isForWeir(signer, url)) {
      const caller = this.ctx.props
      const { service, region } = scopeOf(request) ?? awsEndpoint(url.hostname) ?? NO_SERVICE
      return this.controlPlane(ofNoClient(request), {
        caller,
        service,
        region: region ?? caller.region,
        signed: signer === 'role',
      })
    }
    if (!isLocal(this.env) && isPrivateHost(url.hostname)) {
      return new Response(`Functions cannot reach ${url.hostname}: it is not a public address\n`, {
        status: 403,
      })
    }
    // Redirects are followed by the function's own fetch, which comes back here for every hop.
    return fetch(request, { redirect: 'manual' })
  }

  /** TCP, which no service of Weir's speaks: it goes out as it is. */
  override connect(socket: Parameters<typeof relayConnection>[0]): Promise<void> {
    return relayConnection(socket, isLocal(this.env))
  }

  /**
   * Credentials of a function's own, for an account at AWS or for anything else that takes such signatures, are its
   * own affair. The placeholders mean something here alone.
   */
  #isForWeir(signer: Signer, url: URL): boolean {
    if (signer === 'other') return false
    if (signer === 'nobody') return awsEndpoint(url.hostname) !== undefined
    return isAwsName(url.hostname) || this.isOwnAddress(url)
  }
}

/**
 * What Cloudflare says of a client, who is believed by it, a function may not say: nothing came from outside. Nor may
 * it say how long a body is: no network holds it to that, and Weir reads no more than it takes.
 */
function ofNoClient(request: Request): Request {
  const headers = new Headers(request.headers)
  for (const name of [...CLOUDFLARE_HEADERS, 'content-length']) headers.delete(name)
  return new Request(request, { headers })
}

/**
 * `session`: credentials that STS gave the function, of a role that it assumed, say; their signature is verified.
 * `link`: a presigned URL with the placeholders, which anybody can write who knows them, and everybody does.
 */
type Signer = 'role' | 'session' | 'link' | 'other' | 'nobody'

/** The placeholders are looked for in whatever scheme of signing they are used. */
function signerOf(request: Request, url: URL): Signer {
  const authorization = request.headers.get('authorization')
  if (authorization?.includes(PLACEHOLDER_KEY_ID)) return 'role'
  if (url.search.includes(PLACEHOLDER_KEY_ID)) return 'link'
  if (looksLikeSessionToken(request.headers.get('x-amz-security-token') ?? '')) return 'session'
  return authorization === null && !isPresigned(url) ? 'nobody' : 'other'
}

/** The signature itself says nothing: whoever can read the function's environment could have written it. */
function scopeOf(request: Request): AwsEndpoint | undefined {
  const [, region, service] = SCOPE.exec(request.headers.get('authorization') ?? '') ?? []
  return service === undefined ? undefined : { service, region }
}

/** `.../20261122/us-east-1/lambda/aws4_request` */
const SCOPE = /\/\d{8}\/([A-Za-z0-9-]{1,64})\/([A-Za-z0-9._-]{1,64})\/aws4_request/

/** Of a request to Weir's own address that is not signed as AWS signs. */
const NO_SERVICE: AwsEndpoint = { service: '', region: undefined }

const isPresigned = ({ searchParams }: URL): boolean =>
  searchParams.has('X-Amz-Signature') || searchParams.has('AWSAccessKeyId')
