import { env } from 'cloudflare:workers'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { apigatewayService } from '../../../../src/aws/services/apigateway/model.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import { publishApi } from '../../../../src/gateway/control/publish-api.ts'
import { API_PUBLICATION } from '../../../../src/gateway/control/rest-api-records.ts'
import { DOMAIN_PUBLICATION } from '../../../../src/gateway/domains/control/domain-records.ts'
import { publishDomain } from '../../../../src/gateway/domains/control/publish-domain.ts'
import type { Gateway } from '../../../../src/gateway/gateway.ts'
import type { ApiPointer } from '../../../../src/gateway/snapshot.ts'
import { KEY_PUBLICATION, PLAN_PUBLICATION } from '../../../../src/metering/control/metering-records.ts'
import { publishApiKey } from '../../../../src/metering/control/publish-api-key.ts'
import { publishUsagePlan } from '../../../../src/metering/control/publish-usage-plan.ts'
import type { KeyRecord } from '../../../../src/metering/key-record.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'

export const REGION = 'eu-central-1'

/** A control plane over the real database and store, driven by an unpatched SDK client. */
export interface ControlPlane {
  readonly account: string
  readonly api: APIGateway
  readonly env: Env
  readonly platform: Platform
  /** What the API's StageRouter was last told. */
  pointer(apiId: string): ApiPointer | null | undefined
  /** Meters that were asked to write their usage down, by name. */
  readonly flushed: string[]
  /** Records that born meters were told. */
  readonly configured: KeyRecord[]
  /** Runs when the next change is about to be committed, which waits for it: a race with a known outcome. */
  beforeNextCommit(work: () => Promise<unknown>): void
  /** The answer's body as it is on the wire. */
  lastBody(): unknown
  now: number
}

let accounts = 0

/**
 * Each has an account of its own, so tests do not see each other's resources.
 *
 * @param gateway what methods are tried out on
 */
export async function controlPlane(gateway?: () => Gateway): Promise<ControlPlane> {
  const real = env as unknown as Env
  await migrate(real.DB)
  const account = String(++accounts).padStart(12, '0')
  const pointers = new Map<string, { generation: number; doc: string | null }>()
  const flushed: string[] = []
  const configured: KeyRecord[] = []
  let beforeNextCommit: (() => Promise<unknown>) | undefined
  const database = new Proxy(real.DB, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      if (name !== 'batch') return value.bind(target)
      return async (statements: D1PreparedStatement[]) => {
        const work = beforeNextCommit
        beforeNextCommit = undefined
        await work?.()
        return target.batch(statements)
      }
    },
  })
  // The objects' edges are recorded: what they make of it is tested with them.
  const fake = {
    ...real,
    DB: database,
    STAGE_ROUTER: {
      getByName: (name: string) => ({
        async write(generation: number, doc: string | null) {
          if (generation > (pointers.get(name)?.generation ?? 0)) pointers.set(name, { generation, doc })
        },
      }),
    },
    KEY_METER: {
      getByName: (name: string) => ({
        async flushUsage() {
          flushed.push(name)
        },
        async configure(record: KeyRecord) {
          configured.push(record)
        },
      }),
    },
  } as unknown as Env
  const self = { now: Date.now() }
  const clock = () => self.now
  const publishers = {
    [API_PUBLICATION]: publishApi(fake),
    [DOMAIN_PUBLICATION]: publishDomain(fake),
    [KEY_PUBLICATION]: publishApiKey(fake),
    [PLAN_PUBLICATION]: publishUsagePlan(fake),
  }
  const platform: Platform = { ...platformOf(fake, publishers, clock), origin: 'http://localhost' }
  const credentials = { accessKeyId: `AKIA${account}`, secretAccessKey: 'secret' }
  const endpoint = awsEndpoint<Platform>({
    services: [service(apigatewayService(gateway))],
    lookUp: async id =>
      id === credentials.accessKeyId
        ? { ...credentials, account, arn: `arn:aws:iam::${account}:root` }
        : undefined,
    clock: Date.now,
  })
  let body = ''
  const api = new APIGateway({
    region: REGION,
    endpoint: 'http://localhost',
    credentials,
    maxAttempts: 1,
    requestHandler: requestHandlerTo(
      'http://localhost',
      async request => {
        const response = await endpoint(request, platform)
        body = await response.clone().text()
        return response
      },
      async response => new Uint8Array(await response.arrayBuffer()),
    ),
    streamCollector: async (bytes: Uint8Array) => bytes,
  } as never)
  return Object.assign(self, {
    account,
    api,
    env: fake,
    platform,
    flushed,
    configured,
    pointer(apiId: string) {
      const doc = pointers.get(apiId)?.doc
      return typeof doc === 'string' ? (JSON.parse(doc) as ApiPointer) : doc
    },
    beforeNextCommit(work: () => Promise<unknown>) {
      beforeNextCommit = work
    },
    lastBody: () => JSON.parse(body) as unknown,
  })
}

/** The public part of a refusal. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    return `${$metadata?.httpStatusCode} ${name}: ${message}`
  }
  throw new Error('the call was expected to be refused')
}
