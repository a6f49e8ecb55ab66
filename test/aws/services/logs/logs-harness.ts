import { env as workerEnv } from 'cloudflare:workers'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { authorizeCalls } from '../../../../src/authorize-call.ts'
import { logsService } from '../../../../src/aws/services/logs/model.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { type AdmittedCaller, type Identity, service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import type { Permissions } from '../../../../src/identity/permissions.ts'
import { compilePolicy } from '../../../../src/identity/policies/compile-policy.ts'
import { shardName } from '../../../../src/observability/ingest/batch.ts'
import { logStoreName } from '../../../../src/observability/logs/log-event.ts'
import { LOG_GROUP_PUBLICATION } from '../../../../src/observability/logs/log-groups.ts'
import { publishLogGroup } from '../../../../src/observability/logs/publish-log-group.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { credentialsOf, lookUpRoot, newAccount } from '../root-callers.ts'

const ORIGIN = 'http://weir.test'
export const REGION = 'eu-central-1'

/** A real client against the real endpoint, objects and database; who may do what is as in Weir. */
export interface LogsHarness {
  /** Of the account's root. */
  readonly client: CloudWatchLogs
  readonly account: string
  readonly env: Env
  /** What time operations think it is; objects have the machine's. */
  now: number
  arn(group: string): string
  /** The object that keeps a group, or a further one. */
  store(group: string, shard?: number): ReturnType<Env['LOG_STORE']['getByName']>
  /** Of a user whose one policy allows these actions on a resource. */
  userOf(name: string, resource: string, actions: readonly string[]): CloudWatchLogs
}

export async function logsHarness(): Promise<LogsHarness> {
  const env: Env = { ...(workerEnv as unknown as Env), WEIR_LOCAL: '1' }
  await migrate(env.DB)
  const account = newAccount()
  const policies = new Map<string, Permissions>()
  const harness = { now: Date.now() } as { -readonly [K in keyof LogsHarness]: LogsHarness[K] }
  const publishers = { [LOG_GROUP_PUBLICATION]: publishLogGroup(env) }
  const platform: Platform = { ...platformOf(env, publishers, () => harness.now), origin: ORIGIN }
  const endpoint = awsEndpoint<Platform>({
    services: [service(logsService())],
    lookUp: lookUpRoot,
    authorize: authorizeCalls({
      roleOf: async () => undefined,
      userOf: async (_, arn) => policies.get(arn),
      policyOf: async () => undefined,
      resourcePolicy: async () => undefined,
      unknownRoles: 'nothing',
    }),
    clock: () => Date.now(),
  })
  const clientOf = (caller?: AdmittedCaller) =>
    new CloudWatchLogs({
      region: REGION,
      endpoint: ORIGIN,
      disableHostPrefix: true,
      maxAttempts: 1,
      credentials: credentialsOf(account),
      requestHandler: requestHandlerTo(ORIGIN, request => endpoint(request, platform, caller)),
    })
  harness.env = env
  harness.account = account
  harness.client = clientOf()
  harness.arn = group => `arn:aws:logs:${REGION}:${account}:log-group:${group}`
  harness.store = (group, shard = 0) =>
    env.LOG_STORE.getByName(shardName(logStoreName({ id: account, region: REGION }, group), shard))
  harness.userOf = (name, resource, actions) => {
    const user = `arn:aws:iam::${account}:user/${name}`
    const identity: Identity = { account, arn: user, user, accessKeyId: 'AKIA' }
    const statement = { Effect: 'Allow' as const, Action: [...actions], Resource: resource }
    const policy = compilePolicy(name, { Version: '2012-10-17', Statement: statement }, 'identity')
    policies.set(user, { uid: 'AIDA', tags: {}, boundary: undefined, identity: [policy] })
    return clientOf({ ok: true, identity, service: 'logs', region: REGION })
  }
  return harness
}

/** The exception that a call ends in, as `code: message`. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message }: Error) => `${name}: ${message}`,
  )
