import { env as workerEnv } from 'cloudflare:workers'
import { KMS } from '@aws-sdk/client-kms'
import { authorizeCalls } from '../../../../src/authorize-call.ts'
import { kmsService } from '../../../../src/aws/services/kms/model.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { type AdmittedCaller, type Identity, service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import { keyPolicy } from '../../../../src/identity/key-policy.ts'
import type { Permissions } from '../../../../src/identity/permissions.ts'
import { compilePolicy } from '../../../../src/identity/policies/compile-policy.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { credentialsOf, lookUpRoot, newAccount } from '../root-callers.ts'

const ORIGIN = 'http://weir.test'
export const REGION = 'eu-central-1'

/** A real client against the real endpoint, objects and database; who may do what is as in Weir. */
export interface KmsHarness {
  /** Of the account's root. */
  readonly client: KMS
  readonly account: string
  readonly env: Env
  /** What time it is. */
  now: number
  clientOf(account: string): KMS
  /** Of a user whose one policy allows this. */
  userOf(account: string, name: string, allowed: readonly string[]): KMS
  arn(id: string): string
}

export async function kmsHarness(overrides: Partial<Env> = {}): Promise<KmsHarness> {
  const env: Env = { ...(workerEnv as unknown as Env), WEIR_LOCAL: '1', ...overrides }
  await migrate(env.DB)
  const account = newAccount()
  const policies = new Map<string, Permissions>()
  const harness = { now: Date.now() } as { -readonly [K in keyof KmsHarness]: KmsHarness[K] }
  const platform: Platform = { ...platformOf(env, {}, () => harness.now), origin: ORIGIN }
  const endpoint = awsEndpoint<Platform>({
    services: [service(kmsService())],
    lookUp: lookUpRoot,
    authorize: authorizeCalls({
      roleOf: async () => undefined,
      userOf: async (_, arn) => policies.get(arn),
      policyOf: async () => undefined,
      resourcePolicy: asked => keyPolicy(env, asked),
      unknownRoles: 'nothing',
    }),
    clock: () => Date.now(),
  })
  const clientOf = (account: string, caller?: AdmittedCaller) =>
    new KMS({
      region: REGION,
      endpoint: ORIGIN,
      maxAttempts: 1,
      credentials: credentialsOf(account),
      requestHandler: requestHandlerTo(ORIGIN, request => endpoint(request, platform, caller)),
    })
  harness.env = env
  harness.account = account
  harness.client = clientOf(account)
  harness.clientOf = clientOf
  harness.arn = id => `arn:aws:kms:${REGION}:${account}:key/${id}`
  harness.userOf = (account, name, allowed) => {
    const user = `arn:aws:iam::${account}:user/${name}`
    const identity: Identity = { account, arn: user, user, accessKeyId: 'AKIA' }
    policies.set(user, {
      uid: 'AIDA',
      tags: {},
      boundary: undefined,
      identity: [
        compilePolicy(
          name,
          {
            Version: '2012-10-17',
            Statement: { Effect: 'Allow', Action: [...allowed], Resource: '*' },
          },
          'identity',
        ),
      ],
    })
    return clientOf(account, { ok: true, identity, service: 'kms', region: REGION })
  }
  return harness
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The exception that a call ends in, as `code: message`. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message }: Error) => `${name}: ${message}`,
  )
