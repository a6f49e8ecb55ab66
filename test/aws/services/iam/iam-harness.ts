import { env as workerEnv } from 'cloudflare:workers'
import { IAM, type IAMServiceException } from '@aws-sdk/client-iam'
import { iamService } from '../../../../src/aws/services/iam/model.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { type AdmittedCaller, type Identity, service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import { publishIdentity } from '../../../../src/identity/control/publish-identity.ts'
import { accessKeyPurpose, nameKey } from '../../../../src/identity/iam-records.ts'
import {
  IDENTITY_PUBLICATION,
  identityPointerName,
  type Published,
  type PublishedKind,
} from '../../../../src/identity/published.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { pointerReader } from '../../../../src/pointers/pointer-store.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { provideDomParser } from '../../../dom-parser.ts'
import { trust } from '../../../identity/written-policies.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { credentialsOf, lookUpRoot, newAccount } from '../root-callers.ts'

export { allow as policyOf } from '../../../identity/written-policies.ts'

provideDomParser()

const ORIGIN = 'http://weir.test'
const REGION = 'eu-central-1'

/** A real client against the real endpoint and database. */
export interface IamHarness {
  /** Calls as the account's root. */
  readonly client: IAM
  /** A client of somebody else's of the account. */
  as(caller: Pick<Identity, 'user' | 'role'>): IAM
  readonly account: string
  readonly env: Env
  readonly platform: Platform
  /** What the data plane knows of an entity; undefined when there is none of the name. */
  published<K extends PublishedKind>(kind: K, name: string): Promise<Published[K] | undefined>
  /** The secret of an access key, as whoever checks its signatures has it. */
  secretOf(accessKeyId: string): Promise<string>
}

export async function iamHarness(): Promise<IamHarness> {
  const env: Env = { ...(workerEnv as unknown as Env), WEIR_LOCAL: '1' }
  await migrate(env.DB)
  const account = newAccount()
  const platform: Platform = {
    ...platformOf(env, { [IDENTITY_PUBLICATION]: publishIdentity(env) }),
    origin: ORIGIN,
  }
  const endpoint = awsEndpoint<Platform>({
    services: [service(iamService())],
    lookUp: lookUpRoot,
    clock: () => Date.now(),
  })
  const clientOf = (caller?: AdmittedCaller) =>
    new IAM({
      region: REGION,
      endpoint: ORIGIN,
      maxAttempts: 1,
      credentials: credentialsOf(account),
      requestHandler: requestHandlerTo(ORIGIN, request => endpoint(request, platform, caller)),
    })
  const published = async <K extends PublishedKind>(kind: K, name: string) => {
    const read = pointerReader<Published[K]>({ objects: env.IDENTITY_ROUTER, documents: env.STORE })
    const id = kind === 'key' || kind === 'group' ? name : nameKey(name)
    const reply = await read(identityPointerName(account, kind, id), undefined)
    return 'doc' in reply ? reply.doc : undefined
  }
  return {
    client: clientOf(),
    as({ user, role }) {
      const identity = { account, arn: user ?? role ?? '', accessKeyId: 'ASIAOTHER', user, role }
      return clientOf({ ok: true, identity, service: 'iam', region: REGION })
    },
    account,
    env,
    platform,
    published,
    async secretOf(accessKeyId) {
      const key = await published('key', accessKeyId)
      if (!key) throw new Error(`nobody knows ${accessKeyId}`)
      return platform.secrets.open(account, accessKeyPurpose(accessKeyId), key.secret)
    },
  }
}

export const TRUST = trust({ Service: 'lambda.amazonaws.com' })

/** The exception that a call ends in, as `code status: message`. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message, $metadata }: IAMServiceException) => `${name} ${$metadata?.httpStatusCode}: ${message}`,
  )
