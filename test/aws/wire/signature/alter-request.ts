import { NOT_SIGNED } from '../../../../src/aws/wire/signature/refusals.ts'
import {
  type LookUp,
  readClaim,
  type Secret,
  type SignedRequest,
  verifyClaim,
} from '../../../../src/aws/wire/signature/verify.ts'
import { type Draft, NOW, SECRET, SIGNING, type Signing, signRequest } from './sign-request.ts'

export const knownKey: LookUp<Secret> = async (accessKeyId, sessionToken) =>
  accessKeyId === SIGNING.accessKeyId && sessionToken === undefined ? { secretAccessKey: SECRET } : undefined

export interface Check extends Partial<Signing> {
  readonly draft?: Partial<Draft>
  readonly alter?: (request: SignedRequest) => SignedRequest | undefined
  readonly lookUp?: LookUp<Secret>
  readonly now?: number
  readonly bodySha256?: string
}

/** Signs, alters what arrives, and answers what a server would: the refusal or the acceptance. */
export async function verdictOn({
  draft,
  alter,
  lookUp = knownKey,
  now = NOW,
  bodySha256,
  ...signing
}: Check) {
  const signed = await signRequest(draft, signing)
  const request = alter?.(signed.request) ?? signed.request
  const claim = readClaim(request)
  if (!claim) return NOT_SIGNED
  if ('ok' in claim) return claim
  return verifyClaim(claim, request, bodySha256 ?? signed.bodySha256, lookUp, now)
}

export const setHeader = (name: string, value: string | undefined) => (request: SignedRequest) => {
  if (value === undefined) request.headers.delete(name)
  else request.headers.set(name, value)
  return undefined
}

export const editAuthorization = (edit: (authorization: string) => string) => (request: SignedRequest) => {
  request.headers.set('authorization', edit(request.headers.get('authorization')!))
  return undefined
}

export const editQuery = (edit: (query: string) => string) => (request: SignedRequest) => ({
  ...request,
  rawQuery: edit(request.rawQuery),
})
