import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'vitest'
import { CREDENTIALS, REGION } from './clients.ts'

export interface RawRequest {
  readonly method: string
  /** As it goes on the wire, with the query: nothing is encoded or normalised. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface RawAnswer {
  /** 0: the connection was closed without an answer. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends what no client would send. */
export function send(url: string, { method, target, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let request: ClientRequest
    try {
      request = httpRequest({ hostname, port, method, path: target, headers, agent: false }, answered)
    } catch (error) {
      reject(error)
      return
    }
    function answered(response: IncomingMessage): void {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    }
    request.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? resolve({ status: 0, headers: {}, body: '' })
        : reject(error),
    )
    request.end(body)
  })
}

/** Signs a request for a service as a client would, whatever it holds. */
export async function sign(
  url: string,
  service: string,
  request: RawRequest,
  how: { signedAt?: Date; credentials?: typeof CREDENTIALS; region?: string } = {},
): Promise<RawRequest> {
  const [path = '/', search = ''] = request.target.split('?')
  const query: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query[name]
    query[name] = before === undefined ? value : [before, value].flat()
  }
  const signer = new SignatureV4({
    credentials: how.credentials ?? CREDENTIALS,
    region: how.region ?? REGION,
    service,
    sha256: Sha256,
  })
  const { headers } = await signer.sign(
    new HttpRequest({
      method: request.method,
      path,
      query,
      headers: { host: new URL(url).host, ...request.headers },
      body: request.body,
    }),
    { signingDate: how.signedAt },
  )
  return { ...request, headers }
}

export const sendSigned = async (url: string, service: string, request: RawRequest): Promise<RawAnswer> =>
  send(url, await sign(url, service, request))

// Frames of a stack, and what only a look inside would tell: modules, bundles, the database's own words.
const INSIDES =
  /(^|\n)\s+at \S|file:\/\/|\.[cm]?[jt]s:\d|node_modules|\/src\/|D1_ERROR|SQLITE_|TypeError|RangeError|ReferenceError/

/** Refusing is right and so is accepting; failing is not, and neither is telling what is inside. */
export function expectComposed(answer: RawAnswer, about: string): void {
  const told = `${about} was answered ${answer.status}: ${answer.body.slice(0, 500)}`
  if (answer.status !== 501) expect(answer.status, told).toBeLessThan(500)
  expect(answer.body, told).not.toMatch(INSIDES)
}
