import { env as workerEnv } from 'cloudflare:workers'
import { IAM, type IAMServiceException } from '@aws-sdk/client-iam'
import { iamService } from '../../../../src/aws/services/iam/model.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import { publishIdentity } from '../../../../src/identity/control/publish-identity.ts'
import { IDENTITY_PUBLICATION } from '../../../../src/identity/published.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { provideDomParser } from '../../../dom-parser.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { credentialsOf, lookUpRoot, newAccount } from '../root-callers.ts'

provideDomParser()

const ORIGIN = 'http://weir.test'

/** A real client against the real endpoint and database. */
export interface IamHarness {
  readonly client: IAM
  readonly account: string
  readonly env: Env
  /** Operations after which permissions may have changed. */
  readonly changes: () => number
}

export async function iamHarness(): Promise<IamHarness> {
  const env: Env = { ...(workerEnv as unknown as Env), WEIR_LOCAL: '1' }
  await migrate(env.DB)
  const account = newAccount()
  const platform: Platform = {
    ...platformOf(env, { [IDENTITY_PUBLICATION]: publishIdentity(env) }),
    origin: ORIGIN,
  }
  let changes = 0
  const endpoint = awsEndpoint<Platform>({
    services: [service(iamService(() => changes++))],
    lookUp: lookUpRoot,
    clock: () => Date.now(),
  })
  const client = new IAM({
    region: 'eu-central-1',
    endpoint: ORIGIN,
    maxAttempts: 1,
    credentials: credentialsOf(account),
    requestHandler: requestHandlerTo(ORIGIN, request => endpoint(request, platform)),
  })
  return { client, account, env, changes: () => changes }
}

export const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

export const policyOf = (
  Action: string | string[],
  Resource: string | string[] = '*',
  more: object = {},
): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, ...more }] })

/** The exception that a call ends in, as `code status: message`. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message, $metadata }: IAMServiceException) => `${name} ${$metadata?.httpStatusCode}: ${message}`,
  )
