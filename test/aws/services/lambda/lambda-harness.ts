import { env as workerEnv } from 'cloudflare:workers'
import { Lambda, type LambdaServiceException } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { authorizeCalls } from '../../../../src/authorize-call.ts'
import { lambdaService } from '../../../../src/aws/services/lambda/model.ts'
import type { Enqueue } from '../../../../src/aws/services/lambda/operations/invoke.ts'
import { awsEndpoint } from '../../../../src/aws/wire/endpoint.ts'
import { service } from '../../../../src/aws/wire/service.ts'
import type { Env } from '../../../../src/env.ts'
import { FUNCTION_PUBLICATION } from '../../../../src/functions/control/function-records.ts'
import type { Warm } from '../../../../src/functions/control/provisioned-concurrency.ts'
import { publishFunction } from '../../../../src/functions/control/publish-function.ts'
import type { EventSource } from '../../../../src/functions/event-sources/event-source.ts'
import { MAPPING_PUBLICATION } from '../../../../src/functions/event-sources/mapping-records.ts'
import { publishMapping } from '../../../../src/functions/event-sources/publish-mapping.ts'
import type { SourceService } from '../../../../src/functions/event-sources/source-types.ts'
import type { RoleMay } from '../../../../src/functions/events/consume-events.ts'
import type { InvokeFunction, StreamFunction } from '../../../../src/functions/invocation.ts'
import { type FunctionPointer, functionPointerName } from '../../../../src/functions/manifest.ts'
import type { FunctionUrlPointer } from '../../../../src/functions/urls/pointer.ts'
import { publishFunctionUrl } from '../../../../src/functions/urls/publish-url.ts'
import { URL_PUBLICATION } from '../../../../src/functions/urls/url-records.ts'
import { keyPolicy } from '../../../../src/identity/key-policy.ts'
import { isolatePointers } from '../../../../src/isolate-pointers.ts'
import type { Account } from '../../../../src/lib/account.ts'
import { type Platform, platformOf } from '../../../../src/platform.ts'
import { PointerCache } from '../../../../src/pointers/pointer-cache.ts'
import { pointerReader } from '../../../../src/pointers/pointer-store.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { Records } from '../../../../src/records/records.ts'
import { resourcePolicies } from '../../../../src/resource-policies.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'
import { credentialsOf, lookUpRoot, newAccount } from '../root-callers.ts'

export const REGION = 'eu-central-1'
export const ROLE = 'arn:aws:iam::000000000000:role/service'
export const ORIGIN = 'http://weir.test'

/** A real client against the real endpoint, bindings and database; only what runs functions is the test's own. */
export interface Harness {
  readonly client: Lambda
  readonly env: Env
  readonly account: { readonly id: string; readonly region: string }
  /** What the next synchronous calls answer. */
  invoke: InvokeFunction
  /** What the next streaming calls answer. */
  stream: StreamFunction
  enqueue: Enqueue
  /** Loads isolates in advance. */
  warm: Warm
  /** Whether execution roles let their functions deliver to destinations. */
  roleMay: RoleMay
  /** What functions can be given records of; none. */
  eventSources: Partial<Record<SourceService, EventSource>>
  /** As the schedule does: publishes what earlier calls could not. */
  publishWaiting(): Promise<number>
  /** What the data plane sees of a function. */
  pointer(name: string): Promise<FunctionPointer | undefined>
  /** What the data plane sees of a function URL. */
  urlPointer(urlId: string): Promise<FunctionUrlPointer | undefined>
  arn(name: string, qualifier?: string): string
  clientIn(region: string, accessKeyId?: string): Lambda
  /** What the endpoint answered, in order. */
  readonly responses: Response[]
}

/** Permissions where there are no users and no roles: accounts' roots, and what functions' and keys' policies let others do. */
function rootsAlone(env: Env) {
  const { ALIAS_ROUTER, STORE, DB } = env
  const nobody = async () => undefined
  const permissions = { roleOf: nobody, userOf: nobody, policyOf: nobody }
  return authorizeCalls({
    ...permissions,
    resourcePolicy: asked => {
      // Nothing is remembered from one call to the next.
      const read = pointerReader<FunctionPointer>({ objects: ALIAS_ROUTER, documents: STORE })
      const functions = new PointerCache({ read, clock: Date.now, defer: () => {} })
      const recordsOf = (account: Account) => new Records(DB, account)
      return resourcePolicies({
        functions,
        permissions,
        keyPolicy: of => keyPolicy(env, of),
        topics: isolatePointers({ objects: env.TOPIC_HUB, documents: STORE }),
        recordsOf,
      })(asked)
    },
    unknownRoles: 'nothing',
  })
}

/** Each harness has an account of its own, so that tests need not clean up after each other. */
export async function lambdaHarness(overrides: Partial<Env> = {}): Promise<Harness> {
  const env: Env = { ...(workerEnv as unknown as Env), WEIR_LOCAL: '1', ...overrides }
  await migrate(env.DB)
  const id = newAccount()
  const account = { id, region: REGION }
  const responses: Response[] = []
  const eventSources: Harness['eventSources'] = {}
  const harness = { responses, eventSources } as { -readonly [K in keyof Harness]: Harness[K] }
  const platform: Platform = {
    ...platformOf(env, {
      [FUNCTION_PUBLICATION]: publishFunction(env),
      [URL_PUBLICATION]: publishFunctionUrl(env),
      [MAPPING_PUBLICATION]: publishMapping(env, eventSources),
    }),
    origin: ORIGIN,
  }
  const endpoint = awsEndpoint<Platform>({
    services: [
      service(
        lambdaService({
          invoke: invocation => harness.invoke(invocation),
          stream: invocation => harness.stream(invocation),
          enqueue: (event, payload) => harness.enqueue(event, payload),
          eventSources,
          roleMay: (...question) => harness.roleMay(...question),
          warm: (manifest, isolates) => harness.warm(manifest, isolates),
        }),
      ),
    ],
    lookUp: lookUpRoot,
    authorize: rootsAlone(env),
    clock: () => Date.now(),
  })
  const clientIn = (region: string, accessKeyId = id) =>
    new Lambda({
      region,
      endpoint: ORIGIN,
      maxAttempts: 1,
      credentials: credentialsOf(accessKeyId),
      requestHandler: requestHandlerTo(ORIGIN, async request => {
        const response = await endpoint(request, platform)
        responses.push(response.clone())
        return response
      }),
    })
  harness.env = env
  harness.publishWaiting = () => platform.publications.publishWaiting(1000)
  harness.account = account
  harness.client = clientIn(REGION)
  harness.clientIn = clientIn
  harness.invoke = async () => {
    throw new Error('this test calls no function')
  }
  harness.stream = async () => {
    throw new Error('this test streams no answer')
  }
  harness.roleMay = async () => true
  harness.enqueue = async () => {
    throw new Error('this test sends no event')
  }
  harness.warm = async () => {
    throw new Error('this test provisions nothing')
  }
  harness.arn = (name, qualifier) =>
    `arn:aws:lambda:${REGION}:${id}:function:${name}${qualifier ? `:${qualifier}` : ''}`
  harness.pointer = async name => {
    const read = pointerReader<FunctionPointer>({ objects: env.ALIAS_ROUTER, documents: env.STORE })
    const reply = await read(functionPointerName(account, name), undefined)
    return 'doc' in reply ? reply.doc : undefined
  }
  harness.urlPointer = async urlId => {
    const read = pointerReader<FunctionUrlPointer>({ objects: env.URL_ROUTER, documents: env.STORE })
    const reply = await read(urlId, undefined)
    return 'doc' in reply ? reply.doc : undefined
  }
  return harness
}

/** A package whose one handler answers `answer`. */
export const zipOf = (answer: string): Uint8Array =>
  zipSync(
    {
      'index.js': strToU8(`exports.handler = async () => ${JSON.stringify(answer)}`),
      'package.json': strToU8('{"type":"commonjs"}'),
    },
    // Equal packages are equal to the byte, whenever they are made.
    { mtime: '2026-01-01T00:00:00' },
  )

/** What most tests create a function from. */
export const settings = (name: string, answer = 'hello') => ({
  FunctionName: name,
  Runtime: 'nodejs22.x' as const,
  Role: ROLE,
  Handler: 'index.handler',
  Code: { ZipFile: zipOf(answer) },
})

/** The exception that a call ends in. */
export const failure = (call: Promise<unknown>): Promise<LambdaServiceException> =>
  call.then(
    () => {
      throw new Error('the call succeeded')
    },
    error => error as LambdaServiceException,
  )
