import { Sha256 } from '@smithy/core/checksum'
import { buildQueryString, HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import type { SignedRequest } from '../../../../src/aws/wire/signature/verify.ts'
import { sha256Hex } from '../../../../src/lib/hash.ts'

export const NOW = Date.UTC(2026, 10, 22, 23, 59, 30)
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

export interface Draft {
  readonly method: string
  /** As it goes on the wire. */
  readonly path: string
  readonly query: Record<string, string | string[]>
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

export interface Signing {
  readonly form: 'header' | 'presigned'
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly region: string
  readonly service: string
  readonly signedAt: number
  readonly expiresIn: number
  /** Adds `x-amz-content-sha256`. */
  readonly applyChecksum: boolean
  /** False is how clients of S3 sign. */
  readonly uriEscapePath: boolean
}

export const DRAFT: Draft = {
  method: 'POST',
  path: '/2015-03-31/functions/prices/invocations',
  query: { Qualifier: 'prod' },
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Prices.List',
    'x-color': 'blue',
  },
  body: new TextEncoder().encode('{"sku":"a-1"}'),
}

export const SIGNING: Signing = {
  form: 'header',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: SECRET,
  sessionToken: undefined,
  region: 'eu-central-1',
  service: 'lambda',
  signedAt: NOW,
  expiresIn: 900,
  applyChecksum: true,
  uriEscapePath: true,
}

/** A request as the JavaScript SDK signs it and as it then arrives. */
export async function signRequest(
  draft: Partial<Draft> = {},
  signing: Partial<Signing> = {},
): Promise<{ request: SignedRequest; bodySha256: string }> {
  const { method, path, query, headers, body } = { ...DRAFT, ...draft }
  const how = { ...SIGNING, ...signing }
  const signer = new SignatureV4({
    credentials: how,
    region: how.region,
    service: how.service,
    sha256: Sha256,
    applyChecksum: how.applyChecksum,
    uriEscapePath: how.uriEscapePath,
  })
  const unsigned = new HttpRequest({
    method,
    path,
    query,
    headers: { host: 'localhost:8787', ...headers },
    body,
  })
  const signingDate = new Date(how.signedAt)
  const signed =
    how.form === 'header'
      ? await signer.sign(unsigned, { signingDate })
      : await signer.presign(unsigned, { signingDate, expiresIn: how.expiresIn })
  return {
    request: {
      method: signed.method,
      rawPath: signed.path,
      rawQuery: buildQueryString(signed.query ?? {}),
      headers: new Headers(Object.entries(signed.headers)),
    },
    bodySha256: await sha256Hex(body),
  }
}
