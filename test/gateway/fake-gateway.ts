import type { Invocation, InvocationResult } from '../../src/functions/invocation.ts'
import { apiAddress } from '../../src/gateway/address.ts'
import { createGateway, type Gateway, serveApi } from '../../src/gateway/pipeline.ts'
import { PreparedApi } from '../../src/gateway/prepared-api.ts'
import { RequestIds } from '../../src/gateway/request-ids.ts'
import type {
  ApiPointer,
  Snapshot,
  SnapshotIntegration,
  SnapshotMethod,
  SnapshotResource,
  StagePointer,
} from '../../src/gateway/snapshot.ts'
import type { Admittance, Admitted, Decision, Level, Refused } from '../../src/metering/decision.ts'
import type { AdmissionTarget } from '../../src/metering/meter-memory.ts'

export const API_ID = 'a1b2c3d4e5'
export const HOST = `${API_ID}.execute-api.localhost:8787`
export const ACCOUNT = { id: '123456789012', region: 'us-east-1' }
/** 2026-03-04 05:06:07.089 UTC */
export const NOW = Date.UTC(2026, 2, 4, 5, 6, 7, 89)

export const functionUri = (reference: string): string =>
  `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:${reference}/invocations`

export const functionProxy = (over: Partial<SnapshotIntegration> = {}): SnapshotIntegration => ({
  type: 'AWS_PROXY',
  httpMethod: 'POST',
  uri: functionUri('echo'),
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  responses: [],
  ...over,
})

export const method = (over: Partial<SnapshotMethod> = {}): SnapshotMethod => ({
  authorizationType: 'NONE',
  apiKeyRequired: false,
  responses: {},
  integration: functionProxy(),
  ...over,
})

export const resource = (
  path: string,
  methods: Record<string, SnapshotMethod> = { ANY: method() },
): SnapshotResource => ({ id: `r${path.length}`, path, methods })

export const snapshot = (resources: SnapshotResource[], over: Partial<Snapshot> = {}): Snapshot => ({
  schema: 1,
  account: ACCOUNT.id,
  region: ACCOUNT.region,
  apiId: API_ID,
  apiKeySource: 'HEADER',
  binaryMediaTypes: [],
  resources,
  ...over,
})

/** What a level answers, without what every answer says. */
export type Verdict =
  | (Partial<Admitted> & { readonly admitted: true })
  | Pick<Refused, 'admitted' | 'reason' | 'status'>

const GRANTED = { admitted: true, keyId: 'key', planId: 'plan', by: 'lease', grantId: 'grant' } as const

/** Keys and methods are counted by the test, one after the other; accounts have room for everything, or are, too. */
export function countedBy(
  admit: (meter: string, target: AdmissionTarget) => Verdict | Promise<Verdict>,
  ofAccount: typeof admit = () => GRANTED,
): Gateway['admission'] {
  const decided = (level: Level, meter: string, verdict: Verdict): Decision =>
    verdict.admitted ? { ...GRANTED, ...verdict, level, meter } : { ...verdict, level, meter, by: 'object' }
  return {
    admit({ key, method, account }, keyMeter) {
      const steps: [Level, string, () => Verdict | Promise<Verdict>][] = []
      if (keyMeter !== undefined) steps.push(['key', keyMeter, () => admit(keyMeter, key)])
      if (method) {
        const { meter, target, isClosed } = method
        const closed: Verdict = { admitted: false, reason: 'throttled' }
        steps.push(['method', meter, () => (isClosed ? closed : admit(meter, target))])
      }
      steps.push(['account', account.meter, () => ofAccount(account.meter, account.target)])
      const next = (index: number, before: Admittance): Admittance | Promise<Admittance> => {
        const step = steps[index]
        if (!step) return before
        const [level, meter, ask] = step
        const go = (verdict: Verdict) => {
          const decision = decided(level, meter, verdict)
          if (!decision.admitted) return { ...before, [level]: decision, refusal: decision }
          return next(index + 1, { ...before, [level]: decision })
        }
        const verdict = ask()
        return verdict instanceof Promise ? verdict.then(go) : go(verdict)
      }
      return next(0, {})
    },
  }
}

export interface FakeOptions {
  readonly snapshot: Snapshot
  /** By stage name. */
  readonly stages?: Record<string, Record<string, string>>
  /** What the pointer says of every stage beside its deployment and its variables. */
  readonly pointer?: Partial<StagePointer>
  /** What the function answers; by default 200 with an empty body. */
  readonly invoke?: (invocation: Invocation) => InvocationResult | Promise<InvocationResult>
  readonly parts?: Partial<Gateway>
}

export const answered = (value: unknown): InvocationResult => ({
  kind: 'answered',
  executedVersion: '1',
  payload: typeof value === 'string' ? value : JSON.stringify(value),
  logs: '',
  durationMs: 1,
})

/** An API in memory with a function that records its calls. */
export function fakeApi(options: FakeOptions) {
  const invocations: Invocation[] = []
  const reported: unknown[] = []
  const api = new PreparedApi(options.snapshot)
  const doc: ApiPointer = {
    schema: 1,
    account: ACCOUNT.id,
    region: ACCOUNT.region,
    apiId: API_ID,
    stages: Object.fromEntries(
      Object.entries(options.stages ?? { prod: {} }).map(([name, variables]) => [
        name,
        { deploymentId: 'dep123', snapshot: 'snapshots/x.json', variables, ...options.pointer },
      ]),
    ),
  }
  let drawn = 0
  const gateway = createGateway({
    pointers: { get: id => (id === API_ID ? { doc, generation: 1, stale: false } : undefined) },
    snapshots: { get: () => api },
    admission: countedBy(() => {
      throw new Error('this test did not expect an API key or a method to be counted')
    }),
    invoke: async invocation => {
      invocations.push(invocation)
      return options.invoke ? options.invoke(invocation) : answered({ statusCode: 200 })
    },
    clock: () => NOW,
    defer: () => {},
    ids: new RequestIds(bytes => {
      drawn += 1
      bytes.fill(drawn)
    }),
    report: error => reported.push(error),
    ...options.parts,
  })
  const send = (target: string, init: RequestInit = {}): Promise<Response> => {
    const request = new Request(target.startsWith('http') ? target : `http://${HOST}${target}`, init)
    return serveApi(request, apiAddress(request)!, gateway)
  }
  return {
    gateway,
    send,
    invocations,
    reported,
    /** The event of the latest invocation. */
    event: () => JSON.parse(invocations.at(-1)!.payload as string),
  }
}
