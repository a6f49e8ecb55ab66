import { answerChallenge } from '../../../../identity/user-pools/challenges.ts'
import type { FoundClient } from '../../../../identity/user-pools/find-pool.ts'
import { signIn } from '../../../../identity/user-pools/sign-in.ts'
import type { SignInContext } from '../../../../identity/user-pools/sign-in-context.ts'
import type { Step } from '../../../../identity/user-pools/sign-in-steps.ts'
import type { Platform } from '../../../../platform.ts'
import type { Call } from '../../../wire/service.ts'
import { type CognitoHandlers, contextOf, findClient, findClientOf, findPool } from '../context.ts'
import type { CognitoParts } from '../parts.ts'

export const signInOperations = (parts: CognitoParts) =>
  ({
    async InitiateAuth(input, call) {
      const found = await findClient(call.platform, input.ClientId)
      const context = asUser(parts, call, found, input.ClientMetadata)
      return answerOf(await signIn(first(context), input.AuthFlow, given(input.AuthParameters)))
    },

    async RespondToAuthChallenge(input, call) {
      const found = await findClient(call.platform, input.ClientId)
      const context = asUser(parts, call, found, input.ClientMetadata)
      const { ChallengeName, ChallengeResponses, Session } = input
      return answerOf(await answerChallenge(context, ChallengeName, given(ChallengeResponses), Session))
    },

    async AdminInitiateAuth(input, call) {
      const context = await asAdministrator(parts, call, input)
      return answerOf(await signIn(first(context), input.AuthFlow, given(input.AuthParameters)))
    },

    async AdminRespondToAuthChallenge(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { ChallengeName, ChallengeResponses, Session } = input
      return answerOf(await answerChallenge(context, ChallengeName, given(ChallengeResponses), Session))
    },
  }) satisfies CognitoHandlers

/** Entries without a value are as good as none. */
const given = (texts: Readonly<Record<string, string | null>> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts ?? {}).filter((entry): entry is [string, string] => entry[1] !== null),
  )

type Metadata = Readonly<Record<string, string>> | undefined

/** Who signs in for themselves. */
export const asUser = (
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

/**
 * What comes with the first step is for the functions that are asked before it: "This request also invokes the functions
 * for the following triggers, but doesn't pass ClientMetadata".
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
 */
const first = (context: SignInContext): SignInContext => ({ ...context, metadata: undefined })

interface AdminInput {
  readonly UserPoolId: string
  readonly ClientId: string
  readonly ClientMetadata?: Record<string, string>
  readonly ContextData?: { readonly IpAddress?: string | undefined }
}

/** A server on behalf of a user: the address is the user's, if the server tells, for its own is everybody's. */
async function asAdministrator(
  parts: CognitoParts,
  call: Call<Platform>,
  { UserPoolId, ClientId, ClientMetadata, ContextData }: AdminInput,
): Promise<SignInContext> {
  const context = contextOf(call)
  const [pool, client] = [
    await findPool(context, UserPoolId),
    await findClientOf(context, UserPoolId, ClientId),
  ]
  const found = { account: context.account, pool, client }
  return { ...asUser(parts, call, found, ClientMetadata), isAdmin: true, address: ContextData?.IpAddress }
}

const answerOf = (step: Step) => ({
  ChallengeName: step.ChallengeName,
  Session: step.Session,
  ChallengeParameters: step.ChallengeParameters,
  AuthenticationResult: step.AuthenticationResult,
  AvailableChallenges: step.AvailableChallenges,
})
