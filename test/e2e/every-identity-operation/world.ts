import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { expect } from 'vitest'
import type { Keys } from '../../identity/keys.ts'
import type { Weir } from '../server.ts'
import { soon } from '../soon.ts'
import { nameOf, watchCalls } from '../watch-calls.ts'

export { keysOf } from '../../identity/keys.ts'
export { allow, policy, trust } from '../../identity/written-policies.ts'
export { soon } from '../soon.ts'
export { nameOf } from '../watch-calls.ts'

export interface Clients {
  readonly iam: IAM
  readonly sts: STS
  readonly cognito: CognitoIdentityProvider
  readonly kms: KMS
  readonly lambda: Lambda
}

/** What the steps share: the root's clients, and what earlier steps have made, by the names that later ones use. */
export interface World extends Clients {
  readonly weir: Weir
  readonly made: Record<string, string>
  /** `service:Operation` of every call that was answered without an error. */
  readonly called: Set<string>
  readonly as: (keys: Keys) => Clients
}

export type Step = (world: World) => Promise<void>

/** By operation, in the order in which they are to be run. */
export type Steps = Readonly<Record<string, Step>>

export const ACCOUNT = '000000000000'

export function newWorld(weir: Weir): World {
  const called = new Set<string>()
  const watch = <T extends object>(client: T, service: string): T => watchCalls(client, service, called)
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

/** The user that most steps are about. */
export const ann = ({ as, made }: World): Clients =>
  as({ accessKeyId: made.annKey!, secretAccessKey: made.annSecret! })

/** Until a call ends in what is expected: `ok`, or an error's name. */
export const expectSoon = (call: () => Promise<unknown>, expected: string): Promise<void> =>
  soon(async () => expect(await nameOf(call())).toBe(expected))

/** As IAM gives policies back. */
export const documentOf = (encoded: string | undefined): string => decodeURIComponent(encoded!)
