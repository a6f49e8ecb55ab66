import type { FoundClient } from '../../../identity/user-pools/find-pool.ts'
import type { SignInContext } from '../../../identity/user-pools/sign-in/sign-in-context.ts'
import type { Platform } from '../../../platform.ts'
import type { Call } from '../../wire/service.ts'
import { contextOf, findClientOf } from './context.ts'
import type { CognitoParts } from './parts.ts'

type Metadata = Readonly<Record<string, string>> | undefined

/** What a step of a sign-in stands on, of users who sign in for themselves. */
export const signInOf = (
  { callTrigger, messenger }: CognitoParts,
  { platform, sourceIp, traceId }: Call<Platform>,
  found: FoundClient,
  metadata?: Metadata,
): SignInContext => ({
  env: platform.env,
  secrets: platform.secrets,
  callTrigger,
  messenger,
  found,
  now: platform.clock(),
  isAdmin: false,
  address: sourceIp,
  traceId,
  validationData: metadata,
  metadata,
})

interface AdminInput {
  readonly UserPoolId: string
  readonly ClientId: string
  readonly ClientMetadata?: Record<string, string>
  readonly ContextData?: { readonly IpAddress?: string | undefined }
}

/** A server on behalf of a user: the address is the user's, if the server tells, for its own is everybody's. */
export async function signInByAdministrator(
  parts: CognitoParts,
  call: Call<Platform>,
  { UserPoolId, ClientId, ClientMetadata, ContextData }: AdminInput,
): Promise<SignInContext> {
  const context = contextOf(call)
  const { pool, found: client } = await findClientOf(context, UserPoolId, ClientId)
  const found = { account: context.account, pool, client }
  return { ...signInOf(parts, call, found, ClientMetadata), isAdmin: true, address: ContextData?.IpAddress }
}
