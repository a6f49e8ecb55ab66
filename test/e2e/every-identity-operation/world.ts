import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { type Credentials, STS } from '@aws-sdk/client-sts'
import { expect, vi } from 'vitest'
import type { WeirServer } from '../server.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Clients {
  readonly iam: IAM
  readonly sts: STS
  readonly cognito: CognitoIdentityProvider
  readonly kms: KMS
  readonly lambda: Lambda
}

/** What the steps share: the root's clients, and what earlier steps have made, by the names that later ones use. */
export interface World extends Clients {
  readonly weir: WeirServer
  readonly made: Record<string, string>
  /** `service:Operation` of every call that was answered without an error. */
  readonly called: Set<string>
  readonly as: (keys: Keys) => Clients
}

export type Step = (world: World) => Promise<void>

/** By operation, in the order in which they are to be run. */
export type Steps = Readonly<Record<string, Step>>

export const ACCOUNT = '000000000000'

/** What all of these clients' commands look like to what is put between. */
interface Watched {
  readonly middlewareStack: { add(middleware: unknown, options: object): void }
}

export function newWorld(weir: WeirServer): World {
  const called = new Set<string>()
  const watch = <T extends object>(client: T, service: string): T => {
    const note =
      (next: (args: unknown) => Promise<unknown>, { commandName }: { commandName: string }) =>
      async (args: unknown) => {
        const answer = await next(args)
        called.add(`${service}:${commandName.replace(/Command$/, '')}`)
        return answer
      }
    ;(client as unknown as Watched).middlewareStack.add(note, { step: 'initialize' })
    return client
  }
  const as = (credentials: Keys): Clients => {
    const options = { ...weir.sdk, credentials }
    return {
      iam: watch(new IAM(options), 'iam'),
      sts: watch(new STS(options), 'sts'),
      cognito: watch(new CognitoIdentityProvider(options), 'cognito-idp'),
      kms: watch(new KMS(options), 'kms'),
      lambda: new Lambda(options),
    }
  }
  return { weir, made: {}, called, as, ...as(weir.sdk.credentials) }
}

/** What an isolate knows of identities may be two seconds old. */
export const soon = (check: () => Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 200 })

/** The error's name, or `ok`. */
export const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    error => (error as Error).name,
  )

/** Until a call ends in what is expected: `ok`, or an error's name. */
export const expectSoon = (call: () => Promise<unknown>, expected: string): Promise<void> =>
  soon(async () => expect(await nameOf(call())).toBe(expected))

export const keysOf = (credentials: Credentials | undefined): Keys => ({
  accessKeyId: credentials!.AccessKeyId!,
  secretAccessKey: credentials!.SecretAccessKey!,
  sessionToken: credentials!.SessionToken!,
})

export const policy = (...Statement: object[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: Statement.map(statement => ({ Effect: 'Allow', ...statement })),
  })

export const allow = (Action: string, Resource = '*', more: object = {}): string =>
  policy({ Action, Resource, ...more })

export const trust = (Principal: object, more: object = {}): string =>
  policy({ Principal, Action: 'sts:AssumeRole', ...more })

/** As IAM gives policies back. */
export const documentOf = (encoded: string | undefined): string => decodeURIComponent(encoded!)
