import { waitUntil } from 'cloudflare:workers'
import type { AdmittedCaller } from './aws/wire/service.ts'
import { agesOfShifted } from './deployments/feed/shift.ts'
import { type Env, isLocal } from './env.ts'
import { isAwsName } from './functions/aws-host.ts'
import type { OwnAddress } from './functions/own-address.ts'
import type { Terminal } from './functions/process/terminal.ts'
import { apiAddress } from './gateway/address.ts'
import type { Tokens } from './gateway/authorizers/token-providers.ts'
import { VerifiedTokens } from './gateway/authorizers/verified-tokens.ts'
import { edgeCache } from './gateway/cache/edge-cache.ts'
import { publishApi } from './gateway/control/publish-api.ts'
import { API_PUBLICATION } from './gateway/control/rest-api-records.ts'
import { DOMAIN_PUBLICATION } from './gateway/domains/control/domain-records.ts'
import { publishDomain } from './gateway/domains/control/publish-domain.ts'
import { CustomDomains } from './gateway/domains/custom-domains.ts'
import type { DomainDirectory } from './gateway/domains/directory.ts'
import { OwnHosts } from './gateway/domains/own-hosts.ts'
import type { CallService } from './gateway/gateway.ts'
import { reachBackEnd } from './gateway/integrations/reach-back-end.ts'
import { boundBackEnd } from './gateway/links/bound-back-end.ts'
import { BatchedLog } from './gateway/logs/log-sink.ts'
import { createGateway, type Gateway } from './gateway/pipeline.ts'
import type { ApiPointer } from './gateway/snapshot.ts'
import { documentReader, SnapshotCache } from './gateway/snapshot-cache.ts'
import type { RequestTracing } from './gateway/trace-request.ts'
import { gatewayLogSink } from './gateway-log-sink.ts'
import { GatewayTelemetry } from './gateway-telemetry.ts'
import type { Authority } from './identity/authority.ts'
import { decideForService } from './identity/decide-for-service.ts'
import { serviceSession } from './identity/role-session.ts'
import { callerPolicies } from './identity/signed-caller.ts'
import { isolatePointers } from './isolate-pointers.ts'
import { systemClock } from './lib/clock.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import { Admission } from './metering/admission.ts'
import { AdmitLevels } from './metering/admit-levels.ts'
import { keyRecordExists } from './metering/publish-key-record.ts'
import { callMeter } from './metering/relays/call-meter.ts'
import type { Telemetry } from './observability/telemetry.ts'
import type { StrangerGuard } from './protection/stranger-guard.ts'
import { after, type Publish } from './records/publications.ts'

/** What one isolate serves APIs with. */
export interface GatewayHost {
  readonly gateway: Gateway
  /** Which API a host of somebody's own leads to. */
  readonly domains: CustomDomains
  /** Publish what the gateway serves, by the kinds of publications; this isolate then serves it at once. */
  readonly publishers: Readonly<Record<string, Publish>>
  forget(): void
}

/** What of the other planes the gateway calls. */
export interface AroundGateway
  extends Pick<Gateway, 'invoke' | 'acceptEvent' | 'authenticate' | 'explainTokens' | 'counts' | 'shifts'> {
  readonly authority: Authority
  readonly tokens: Omit<Tokens, 'verified'>
  readonly ownAddress: OwnAddress
  readonly strangers: StrangerGuard
  readonly telemetry: (Telemetry & RequestTracing) | undefined
  readonly cycle: FlushCycle
  /** Of the development server, which shows stages' logs. */
  readonly terminal: Terminal | undefined
  /** Answers a request of an API or a function URL; undefined for what is neither. */
  readonly serve: (request: Request) => Promise<Response | undefined> | undefined
  /** `origin`: scheme and host under which Weir is known to whoever asks. */
  readonly control: (request: Request, origin: string, caller: AdmittedCaller) => Promise<Response>
}

/** As API Gateway acts in the roles that APIs' owners give it. */
const IN_A_ROLE = { service: 'apigateway.amazonaws.com', session: 'BackplaneAssumeRoleSession' }

export function gatewayHost(env: Env, around: AroundGateway): GatewayHost {
  const { authority, ownAddress, strangers, telemetry, cycle, terminal } = around
  const metrics = telemetry && new GatewayTelemetry({ metrics: telemetry.metrics, cycle, clock: systemClock })
  const apis = isolatePointers<ApiPointer>(
    { objects: env.STAGE_ROUTER, documents: env.STORE },
    strangers,
    ({ stages }) => agesOfShifted(Object.values(stages)),
  )
  const directory = isolatePointers<DomainDirectory>({ objects: env.DOMAIN_ROUTER, documents: env.STORE })
  const domains = new CustomDomains({ directory, ownHosts: new OwnHosts(env.WEIR_HOSTS) })

  /** Custom domains of the account, and the names that templates written for AWS give an API. */
  const leadsToOwnApi = async (url: URL, account: string): Promise<boolean> => {
    const named = { url: url.href }
    const address = isAwsName(url.hostname) ? apiAddress(named) : undefined
    try {
      if (address) return (await apis.get(address.apiId)) !== undefined
      return (await domains.ownerOf(named)) === account
    } catch {
      // Who knows is out of reach: that is no reason to keep a request from a back end elsewhere.
      return false
    }
  }

  const callService: CallService = async (request, { account, role, service, region, origin }) => {
    const identity = serviceSession({ ...IN_A_ROLE, account: account.id, role })
    return identity && around.control(request, origin, { ok: true, identity, service, region })
  }

  const gateway = createGateway({
    pointers: apis,
    snapshots: new SnapshotCache({ read: documentReader(env.STORE), defer: waitUntil }),
    admission: new AdmitLevels(
      new Admission({
        clock: systemClock,
        callObject: callMeter({ meters: env.KEY_METER, relays: env.METER_RELAY }),
        recordExists: name => keyRecordExists(env.STORE, name),
        strangers,
        defer: waitUntil,
        sleep: ms => scheduler.wait(ms),
        newId: () => crypto.randomUUID(),
      }),
    ),
    invoke: around.invoke,
    acceptEvent: around.acceptEvent,
    callService,
    fetch: reachBackEnd({
      isLocal: isLocal(env),
      isOwn: async (url, { id }) => ownAddress.has(url) || (await leadsToOwnApi(url, id)),
      serve: around.serve,
    }),
    link: binding => boundBackEnd(env, binding),
    authenticate: around.authenticate,
    policiesOf: callerPolicies(authority),
    tokens: { ...around.tokens, verified: new VerifiedTokens() },
    explainTokens: around.explainTokens,
    counts: around.counts,
    shifts: around.shifts,
    roleMay: ({ role, account }, asked) =>
      decideForService(authority, { ...IN_A_ROLE, account: account.id, role }, asked),
    responseCache: edgeCache({
      open: () => caches.open('weir-responses'),
      // Without a secret, one of this isolate alone: names that others could make up would be theirs to fill.
      secret: env.WEIR_ENCRYPTION_KEY ?? crypto.randomUUID(),
    }),
    tellsMistakes: terminal !== undefined,
    logs: new BatchedLog(gatewayLogSink(env, terminal, telemetry?.logs, Math.random), cycle),
    metrics,
    ...(telemetry && { tracing: telemetry }),
    clock: systemClock,
    defer: waitUntil,
  })

  return {
    gateway,
    domains,
    publishers: {
      [API_PUBLICATION]: after(publishApi(env), ({ pointer }) => apis.forget(pointer)),
      [DOMAIN_PUBLICATION]: after(publishDomain(env), () => directory.clear()),
    },
    forget() {
      apis.clear()
      directory.clear()
      gateway.authorizerResults.clear()
      gateway.tokens.verified.clear()
      metrics?.forget()
    },
  }
}
