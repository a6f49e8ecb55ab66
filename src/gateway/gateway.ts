import type { ShiftRecorder } from '../deployments/feed/record-shifts.ts'
import type { Invocation, InvokeFunction, Refused } from '../functions/invocation.ts'
import type { ExplainTokens } from '../identity/explain-tokens.ts'
import type { Authenticate, PoliciesOf } from '../identity/signed-caller.ts'
import type { Account } from '../lib/account.ts'
import type { Clock } from '../lib/clock.ts'
import { FlushCycle } from '../lib/flush-cycle.ts'
import type { RequestLevels } from '../metering/admit-levels.ts'
import type { Admittance } from '../metering/decision.ts'
import type { Pointed } from '../pointers/pointer-cache.ts'
import type { REFUSED } from '../protection/stranger-guard.ts'
import { AuthorizerResults } from './authorizers/authorizer-results.ts'
import type { Tokens } from './authorizers/token-providers.ts'
import { VerifiedTokens } from './authorizers/verified-tokens.ts'
import { NOTHING_KEPT, type ResponseCache } from './cache/response-cache.ts'
import type { FetchBackEnd } from './integrations/reach-back-end.ts'
import { BatchedLog, consoleSink, type Log } from './logs/log-sink.ts'
import { MeterNames } from './meter-names.ts'
import type { RequestCounts } from './method-usage.ts'
import type { PreparedApi } from './prepared-api.ts'
import { RequestIds } from './request-ids.ts'
import type { MetricsNoted } from './request-metrics.ts'
import type { ApiPointer } from './snapshot.ts'
import type { RequestTracing } from './trace-request.ts'

type FoundApi = Pointed<ApiPointer> | undefined

/** What the data plane stands on. One a isolate: everything here may remember. */
export interface Gateway {
  /** By the API's id, and the address of whoever names it; a promise only when what is known of it is too old. */
  readonly pointers: {
    get(apiId: string, from?: string): FoundApi | typeof REFUSED | Promise<FoundApi | typeof REFUSED>
  }
  /** By the store's key; a promise only when this isolate does not hold it. */
  readonly snapshots: { get(key: string): PreparedApi | Promise<PreparedApi> }
  /** Whether all meters that count a request let it pass; see metering/admit-levels.ts. */
  readonly admission: {
    admit(
      levels: RequestLevels,
      keyMeter: string | undefined,
      from?: string,
    ): Admittance | Promise<Admittance>
    /** Where this isolate is; undefined while no request has told. */
    place?: string | undefined
  }
  readonly invoke: InvokeFunction
  /** Has a function called later; undefined once that is certain. Absent: no event is taken. */
  readonly acceptEvent?: AcceptEvent
  /** Has Weir's own control plane answer. Absent: no service can be asked. */
  readonly callService?: CallService
  /** The way to back ends over HTTP; see integrations/reach-back-end.ts. */
  readonly fetch: FetchBackEnd
  /** What a VPC link leads to, by the name of its binding; undefined where there is no such binding. */
  readonly link: (binding: string) => FetchBackEnd | undefined
  /** Who signed a request, for a method that asks for it. */
  readonly authenticate: Authenticate
  readonly policiesOf: PoliciesOf
  /** Whether API Gateway, acting in a role that an API's owner gave it, may do something. */
  readonly roleMay: RoleMay
  readonly authorizerResults: AuthorizerResults
  /** Who may have requests explained. */
  readonly explainTokens: Pick<ExplainTokens, 'isOf'>
  /** Who issues tokens, and which of them were verified. */
  readonly tokens: Tokens
  /** What is kept of back ends' answers. */
  readonly responseCache: ResponseCache
  readonly clock: Clock
  /** At least 0 and below 1, each draw on its own: which requests a canary gets. */
  readonly random: () => number
  /** What is told to deployments that move stages. Absent: nothing is. */
  readonly shifts?: Pick<ShiftRecorder, 'draw' | 'ended' | 'mirrors' | 'mirrored' | 'warms' | 'warmed'>
  readonly logs: Log
  /** Whether the log of a stage that keeps none has a line where an API's owner made a mistake: in development. */
  readonly tellsMistakes: boolean
  /** Lets work outlive the response. */
  readonly defer: (work: Promise<unknown>) => void
  readonly ids: RequestIds
  readonly meterNames: MeterNames
  /** Adds up what requests come to. Absent: nobody counts them. */
  readonly counts?: RequestCounts
  /** Tells what requests are measured by. Absent: nobody measures them. */
  readonly metrics?: MetricsNoted
  /** Decides which requests are traced, and is told of them. Absent: none is. */
  readonly tracing?: RequestTracing
  /** Where surprises go, with the id that the client was given. */
  readonly report: (error: unknown, requestId: string) => void
}

export type AcceptEvent = (invocation: Invocation) => Promise<Refused | undefined>

/** In whose name an integration asks a service. */
export interface ServiceCall {
  /** The API's, whose role it has to be. */
  readonly account: Account
  /** ARN of the role that API Gateway acts in. */
  readonly role: string
  /** As a signature's scope names it. */
  readonly service: string
  readonly region: string
  /** Scheme and host under which the client reached this Weir. */
  readonly origin: string
}

/** Undefined where the role is not the API's to give. */
export type CallService = (request: Request, call: ServiceCall) => Promise<Response | undefined>

export type RoleMay = (
  acting: { readonly role: string; readonly account: Account },
  asked: { readonly action: string; readonly resource: string },
) => Promise<boolean>

/** The rest has defaults, and where it is about permissions, nobody has any. */
export type GatewayParts = Pick<
  Gateway,
  'pointers' | 'snapshots' | 'admission' | 'invoke' | 'clock' | 'defer'
> &
  Partial<Gateway>

export function createGateway(parts: GatewayParts): Gateway {
  return {
    ids: new RequestIds(),
    fetch,
    link: () => undefined,
    authenticate: async () => NOBODY_SIGNED,
    policiesOf: () => ({ identity: [] }),
    roleMay: async () => false,
    authorizerResults: new AuthorizerResults(parts),
    tokens: {
      directory: { get: () => undefined },
      verifyIssued: async () => ({ ok: false, reason: 'unknown-key' }),
      verified: new VerifiedTokens(),
    },
    responseCache: NOTHING_KEPT,
    explainTokens: { isOf: async () => false },
    meterNames: new MeterNames(),
    random: Math.random,
    tellsMistakes: false,
    logs: new BatchedLog(consoleSink, new FlushCycle({ clock: parts.clock, sleep, defer: parts.defer })),
    report: (error, requestId) => console.error(`request ${requestId} failed unexpectedly`, error),
    ...parts,
  }
}

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

const NOBODY_SIGNED = {
  ok: false,
  reason: 'not-signed',
  status: 403,
  code: 'MissingAuthenticationTokenException',
  message: 'Missing Authentication Token',
} as const
