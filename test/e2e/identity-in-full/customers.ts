import { request } from 'node:http'
import {
  AuthenticationDetails,
  CognitoRefreshToken,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
  type CognitoUserSession,
} from 'amazon-cognito-identity-js'
import type { WeirServer } from '../server.ts'

/** A pool and a client of it, as pages know them. */
export interface PoolIds {
  readonly UserPoolId: string
  readonly ClientId: string
}

const NO_STORAGE = { setItem: () => '', getItem: () => null, removeItem: () => true, clear: () => {} }

/** What a page does with the library that AWS gives to pages: names and passwords go in, tokens come out. */
export function customerOf({ url }: WeirServer, ids: PoolIds, Username: string, Password: string) {
  const Pool = new CognitoUserPool({ ...ids, endpoint: url, Storage: NO_STORAGE })
  const user = new CognitoUser({ Username, Pool, Storage: NO_STORAGE })
  return {
    signUp: () =>
      new Promise<void>((resolve, reject) =>
        Pool.signUp(
          Username,
          Password,
          [new CognitoUserAttribute({ Name: 'email', Value: Username })],
          [],
          error => (error ? reject(error) : resolve()),
        ),
      ),
    confirm: (code: string) =>
      new Promise<void>((resolve, reject) =>
        user.confirmRegistration(code, false, error => (error ? reject(error) : resolve())),
      ),
    /** By SRP: the password stays here. */
    signIn: () =>
      new Promise<CognitoUserSession>((resolve, reject) =>
        user.authenticateUser(new AuthenticationDetails({ Username, Password }), {
          onSuccess: resolve,
          onFailure: reject,
        }),
      ),
    refresh: (RefreshToken: string) =>
      new Promise<CognitoUserSession>((resolve, reject) =>
        user.refreshSession(new CognitoRefreshToken({ RefreshToken }), (error, session) =>
          error ? reject(error) : resolve(session),
        ),
      ),
  }
}

/** A program's token, asked for on the domain's own host, as a client does whose resolver knows that host. */
export async function programToken(
  { port }: WeirServer,
  domain: string,
  program: { readonly id: string; readonly secret: string },
  scope: string,
): Promise<{ status: number; body: { access_token: string; error?: string } }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString()
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: '/oauth2/token',
        method: 'POST',
        auth: `${program.id}:${program.secret}`,
        headers: {
          host: `${domain}.auth.localhost:${port}`,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': form.length,
        },
        agent: false,
      },
      async answer => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve({ status: answer.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) })
      },
    )
    asking.on('error', reject)
    asking.end(form)
  })
}
