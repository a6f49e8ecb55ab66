import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import { snapshotKey } from '../../src/gateway/snapshot.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { keyMeterName, keyRecordPath } from '../../src/metering/key-record.ts'
import { writePointer } from '../../src/pointers/pointer-store.ts'
import { STRANGER_LIMITS } from '../../src/protection/stranger-guard.ts'
import { provideDomParser } from '../dom-parser.ts'
import { ACCOUNT, method, resource, snapshot } from '../gateway/fake-gateway.ts'
import { requestHandlerTo } from '../sdk-request-handler.ts'
import { env, ORIGIN, send } from '../whole-weir.ts'

provideDomParser()

const FLOOD = 2_000
/** More than thrice what may be under way at first; each has an object of its own, which takes its time to begin. */
const HONEST = 100
const API_ID = 'floodedapi'

const integration = {
  type: 'MOCK',
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  requestTemplates: { 'application/json': '{"statusCode": 200}' },
  responses: [{ statusCode: '200' }],
} as const

const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n))
const HONEST_KEYS = many(HONEST, n => `an-honest-key-of-this-test-${n}`)
const HONEST_APIS = many(60, n => `honest${String(n).padStart(4, '0')}`)

/** An isolate that has just started; what it reads is counted by the kind of what is read. */
function isolate({ hasDatabase }: { readonly hasDatabase: boolean }) {
  const reads = { heads: 0, meters: 0, apis: 0, identities: 0 }
  const counting = <T extends object>(target: T, member: string, count: () => void): T =>
    new Proxy(target, {
      get(of, name) {
        const value = Reflect.get(of, name) as unknown
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (name === member) count()
          return Reflect.apply(value, of, given)
        }
      },
    })
  const nothing = new Proxy(env.DB, {
    get() {
      throw new Error('the data plane reads no database')
    },
  })
  const bound: Env = {
    ...env,
    DB: hasDatabase ? env.DB : nothing,
    STORE: counting(env.STORE, 'head', () => reads.heads++),
    KEY_METER: counting(env.KEY_METER, 'getByName', () => reads.meters++),
    STAGE_ROUTER: counting(env.STAGE_ROUTER, 'getByName', () => reads.apis++),
    IDENTITY_ROUTER: counting(env.IDENTITY_ROUTER, 'getByName', () => reads.identities++),
  }
  const began = Date.now()
  return {
    reads,
    bound,
    /** Look-ups that find nothing which an address may have had until now. */
    allowed: () =>
      STRANGER_LIMITS.address.burst + ((Date.now() - began) * STRANGER_LIMITS.address.rate) / 1_000,
    async statusOf(path: string, from: string, headers: Record<string, string> = {}) {
      const sent = { headers: { ...headers, 'cf-connecting-ip': from } }
      return (await send(`${ORIGIN}${path}`, sent, bound)).status
    },
  }
}

const tally = (answers: readonly unknown[]): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(answers, answer => String(answer))].map(([answer, { length }]) => [answer, length]),
  )

beforeAll(async () => {
  const open = method({ integration })
  const document = snapshot([
    resource('/open', { GET: open }),
    resource('/keyed', { GET: { ...open, apiKeyRequired: true } }),
  ])
  const text = JSON.stringify(document)
  const key = snapshotKey(await sha256Hex(text))
  await env.STORE.put(key, text)
  const routers = { objects: env.STAGE_ROUTER, documents: env.STORE }
  const publishApi = (apiId: string) =>
    writePointer(routers, apiId, 1, {
      schema: 1,
      account: ACCOUNT.id,
      region: ACCOUNT.region,
      apiId,
      stages: { prod: { deploymentId: 'd', snapshot: key, variables: {} } },
    })
  const publishKey = async (value: string) => {
    const meter = keyMeterName(ACCOUNT.id, ACCOUNT.region, await sha256Hex(value))
    const record = {
      schema: 1 as const,
      version: 1,
      created: 1,
      account: ACCOUNT.id,
      region: ACCOUNT.region,
      keyId: value,
      name: value,
      enabled: true,
      plans: [{ planId: 'plan', since: 1, stages: [{ apiId: document.apiId, stage: 'prod' }] }],
    }
    await env.STORE.put(keyRecordPath(meter), JSON.stringify(record), {
      customMetadata: { deleted: 'false' },
    })
  }
  await Promise.all([publishApi(API_ID), ...HONEST_APIS.map(publishApi), ...HONEST_KEYS.map(publishKey)])
})

describe('a flood from one address', () => {
  const keyed = (weir: ReturnType<typeof isolate>, key: string, from: string) =>
    weir.statusOf(`/_aws/execute-api/${API_ID}/prod/keyed`, from, { 'x-api-key': key })

  test('of random API keys is answered from memory, and keys that are known go on', async () => {
    const weir = isolate({ hasDatabase: false })
    const from = '203.0.113.1'
    const honest = () => Promise.all(HONEST_KEYS.map(key => keyed(weir, key, from)))
    // From one address and at once, in an isolate that knows none of them.
    expect(tally(await honest())).toEqual({ 200: HONEST })
    expect(weir.reads.heads).toBeLessThanOrEqual(2 * HONEST)
    const before = { ...weir.reads }
    const [flood, meanwhile] = await Promise.all([
      Promise.all(many(FLOOD, () => keyed(weir, crypto.randomUUID(), from))),
      honest(),
    ])
    expect(tally(flood)).toEqual({ 403: FLOOD })
    expect(tally(meanwhile)).toEqual({ 200: HONEST })
    // What was found may be missed once more.
    expect(weir.reads.heads - before.heads).toBeLessThanOrEqual(weir.allowed() + HONEST)
    // Of honest keys: one call each, and what they give back of the first one.
    expect(weir.reads.meters - before.meters).toBeLessThanOrEqual(2 * HONEST)
  })

  test('that never had a key costs a few look-ups, and no object', async () => {
    const weir = isolate({ hasDatabase: false })
    const from = '203.0.113.2'
    await weir.statusOf(`/_aws/execute-api/${API_ID}/prod/open`, '203.0.113.99')
    const before = { ...weir.reads }
    const flood = await Promise.all(many(FLOOD, () => keyed(weir, crypto.randomUUID(), from)))
    expect(tally(flood)).toEqual({ 403: FLOOD })
    expect(weir.reads.heads).toBeLessThanOrEqual(weir.allowed())
    const { meters, identities } = before
    expect(weir.reads).toMatchObject({ meters, identities })
    // Nobody else notices.
    expect(await keyed(weir, HONEST_KEYS[0]!, '203.0.113.3')).toBe(200)
  })

  test('of random API ids creates few objects, and APIs that are known go on', async () => {
    const weir = isolate({ hasDatabase: false })
    const from = '203.0.113.4'
    const open = (apiId: string) => weir.statusOf(`/_aws/execute-api/${apiId}/prod/open`, from)
    const honest = () => Promise.all(HONEST_APIS.map(open))
    expect(tally(await honest())).toEqual({ 200: HONEST_APIS.length })
    const before = weir.reads.apis
    const [flood, meanwhile] = await Promise.all([
      Promise.all(many(FLOOD, n => open(`stranger${n}`))),
      honest(),
    ])
    expect(tally(flood)).toEqual({ 403: FLOOD })
    expect(tally(meanwhile)).toEqual({ 200: HONEST_APIS.length })
    // Known ones are read again when they are a second old.
    expect(weir.reads.apis - before).toBeLessThanOrEqual(weir.allowed() + 2 * HONEST_APIS.length)
  })

  test('of random access keys is told to slow down, and keys that are known go on', async () => {
    const weir = isolate({ hasDatabase: true })
    const from = '203.0.113.5'
    const options = (credentials: { accessKeyId: string; secretAccessKey: string }) => ({
      region: 'us-east-1',
      endpoint: ORIGIN,
      maxAttempts: 1,
      credentials,
      requestHandler: requestHandlerTo(ORIGIN, request => {
        const headers = new Headers(request.headers)
        headers.set('cf-connecting-ip', from)
        return send(new Request(request, { headers }), undefined, weir.bound)
      }),
    })
    const iam = new IAMClient(options({ accessKeyId: 'test', secretAccessKey: 'test' }))
    const UserName = `flooded-${crypto.randomUUID()}`
    await iam.send(new CreateUserCommand({ UserName }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const whoAmI = async (accessKeyId: string, secretAccessKey: string) => {
      try {
        const sts = new STSClient(options({ accessKeyId, secretAccessKey }))
        return (await sts.send(new GetCallerIdentityCommand({}))).Arn?.split('/')[1]
      } catch (error) {
        return (error as Error).name
      }
    }
    const known = () => whoAmI(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!)
    expect(await known()).toBe(UserName)
    const before = weir.reads.identities
    const base32 = (n: number) =>
      n
        .toString(2)
        .padStart(16, '0')
        .replace(/[01]/g, bit => (bit === '0' ? 'A' : 'B'))
    const flood = Promise.all(many(FLOOD / 10, n => whoAmI(`AKIA${base32(n)}`, 'guessed')))
    expect(await known()).toBe(UserName)
    const { InvalidClientTokenId = 0, Throttling = 0, ...others } = tally(await flood)
    expect(others).toEqual({})
    expect(InvalidClientTokenId).toBeLessThanOrEqual(weir.allowed() + 10)
    expect(Throttling).toBeGreaterThan(0)
    expect(weir.reads.identities - before).toBeLessThanOrEqual(weir.allowed() + 10)
  })
})
