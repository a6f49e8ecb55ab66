import { answerChallenge } from '../../../../identity/user-pools/sign-in/answer-challenge.ts'
import { signIn } from '../../../../identity/user-pools/sign-in/sign-in.ts'
import type { SignInContext } from '../../../../identity/user-pools/sign-in/sign-in-context.ts'
import type { Step } from '../../../../identity/user-pools/sign-in/steps.ts'
import { type CognitoHandlers, findClient } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { signInByAdministrator, signInOf } from '../sign-in-context.ts'

export const signInOperations = (parts: CognitoParts) =>
  ({
    async InitiateAuth(input, call) {
      const found = await findClient(parts, call, input.ClientId)
      const context = signInOf(parts, call, found, input.ClientMetadata)
      return answerOf(await signIn(first(context), input.AuthFlow, given(input.AuthParameters)))
    },

    async RespondToAuthChallenge(input, call) {
      const found = await findClient(parts, call, input.ClientId)
      const context = signInOf(parts, call, found, input.ClientMetadata)
      const { ChallengeName, ChallengeResponses, Session } = input
      return answerOf(await answerChallenge(context, ChallengeName, given(ChallengeResponses), Session))
    },

    async AdminInitiateAuth(input, call) {
      const context = await signInByAdministrator(parts, call, input)
      return answerOf(await signIn(first(context), input.AuthFlow, given(input.AuthParameters)))
    },

    async AdminRespondToAuthChallenge(input, call) {
      const context = await signInByAdministrator(parts, call, input)
      const { ChallengeName, ChallengeResponses, Session } = input
      return answerOf(await answerChallenge(context, ChallengeName, given(ChallengeResponses), Session))
    },
  }) satisfies CognitoHandlers

/** Entries without a value are as good as none. */
const given = (texts: Readonly<Record<string, string | null>> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts ?? {}).filter((entry): entry is [string, string] => entry[1] !== null),
  )

/**
 * What comes with the first step is for the functions that are asked before it: "This request also invokes the functions
 * for the following triggers, but doesn't pass ClientMetadata".
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
 */
const first = (context: SignInContext): SignInContext => ({ ...context, metadata: undefined })

const answerOf = (step: Step) => ({
  ChallengeName: step.ChallengeName,
  Session: step.Session,
  ChallengeParameters: step.ChallengeParameters,
  AuthenticationResult: step.AuthenticationResult,
  AvailableChallenges: step.AvailableChallenges,
})
