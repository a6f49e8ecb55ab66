import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'

export interface HowToSign {
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  readonly service?: string
  readonly region?: string
  readonly signingDate?: Date
  readonly presigned?: boolean
  readonly applyChecksum?: boolean
}

export interface Unsigned {
  readonly method?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** A request, of an API unless `how` says otherwise, signed as the JavaScript SDK signs. */
export async function signedCall(url: string, init: Unsigned = {}, how: HowToSign = {}): Promise<Request> {
  const { protocol, host, pathname } = new URL(url)
  const signed = await signedHeaders(url, init, how)
  const query = new URLSearchParams(signed.query as Record<string, string>).toString()
  return new Request(`${protocol}//${host}${pathname}${query && `?${query}`}`, {
    method: signed.method,
    headers: signed.headers,
    body: init.body,
  })
}

export function signedHeaders(url: string, init: Unsigned, how: HowToSign) {
  const { protocol, host, hostname, port, pathname, searchParams } = new URL(url)
  const request = new HttpRequest({
    protocol,
    hostname,
    port: Number(port),
    method: init.method ?? 'GET',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...init.headers },
    body: init.body,
  })
  const signer = new SignatureV4({
    credentials: how.credentials ?? { accessKeyId: 'test', secretAccessKey: 'test' },
    service: how.service ?? 'execute-api',
    region: how.region ?? 'us-east-1',
    sha256: Sha256,
    applyChecksum: how.applyChecksum,
  })
  const { signingDate } = how
  return how.presigned ? signer.presign(request, { signingDate }) : signer.sign(request, { signingDate })
}
