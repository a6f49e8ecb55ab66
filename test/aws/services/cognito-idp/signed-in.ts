import type { CreateUserPoolClientCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { anonymous, failure } from './cognito-harness.ts'

export const PASSWORD = 'Correct-horse-9'

/** What pools' clients need for the tests of users: signing in with a password. */
export const PASSWORD_CLIENT: Partial<CreateUserPoolClientCommandInput> = {
  ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
}

/** What somebody who signs up says of themselves, besides a name. */
export const signUpWith = (attributes: Readonly<Record<string, string>>) => ({
  Password: PASSWORD,
  UserAttributes: attributesOf(attributes),
})

/** As the API has attributes of users. */
export const attributesOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))

/** Signs in with a password, for tokens or the next challenge. */
export const byPassword = (ClientId: string, USERNAME: string, password: string = PASSWORD) =>
  anonymous().initiateAuth({
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: password },
  })

/** The access token of a user who signs in. */
export async function accessToken(...whose: Parameters<typeof byPassword>): Promise<string> {
  const { AuthenticationResult } = await byPassword(...whose)
  return AuthenticationResult!.AccessToken!
}

/** The exception that a call ends in, as `code: message`. */
export const refusal = async (call: Promise<unknown>): Promise<string> =>
  (await failure(call)).replace(/ \d{3}:/, ':')
