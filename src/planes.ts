import { waitUntil } from 'cloudflare:workers'
import { authorizeCalls } from './authorize-call.ts'
import { apigatewayService } from './aws/services/apigateway/model.ts'
import { cloudwatchService } from './aws/services/cloudwatch/model.ts'
import { codedeployService } from './aws/services/codedeploy/model.ts'
import { cognitoService } from './aws/services/cognito-idp/model.ts'
import { iamService } from './aws/services/iam/model.ts'
import { kmsService } from './aws/services/kms/model.ts'
import { lambdaService } from './aws/services/lambda/model.ts'
import { serveCode } from './aws/services/lambda/serve-code.ts'
import { logsService } from './aws/services/logs/model.ts'
import { snsService } from './aws/services/sns/model.ts'
import { identityProviders } from './aws/services/sts/identity-provider.ts'
import { stsService } from './aws/services/sts/model.ts'
import { xrayService } from './aws/services/xray/model.ts'
import { authenticator } from './aws/wire/authenticate.ts'
import { awsEndpoint } from './aws/wire/endpoint.ts'
import { type AdmittedCaller, service } from './aws/wire/service.ts'
import { triggerCaller } from './call-trigger.ts'
import { DEPLOYMENT_ROUTES } from './deployments/deployment-routes.ts'
import { rewrapKeys } from './encryption/rotate-root.ts'
import { secretsOf } from './encryption/secrets.ts'
import { type Env, isLocal, minuteMsOf, supervisorOf } from './env.ts'
import { functionHost } from './function-host.ts'
import { asSigned } from './functions/as-signed.ts'
import { storedCode } from './functions/code-source.ts'
import { CODE_PATH } from './functions/control/code-link.ts'
import { FUNCTION_PUBLICATION } from './functions/control/function-records.ts'
import { type Warm, warmProvisioned } from './functions/control/provisioned-concurrency.ts'
import { publishFunction } from './functions/control/publish-function.ts'
import { EVENT_SOURCES } from './functions/event-sources/event-source.ts'
import { MAPPING_PUBLICATION } from './functions/event-sources/mapping-records.ts'
import { publishMapping } from './functions/event-sources/publish-mapping.ts'
import { acceptCall } from './functions/events/accept-call.ts'
import { acceptEvent, acceptKeptEvents } from './functions/events/accept-event.ts'
import type { EventConsumer } from './functions/events/consume-events.ts'
import { DESTINATION_SENDERS } from './functions/events/destinations.ts'
import { eventIntakeOf } from './functions/events/event-intake.ts'
import { manifestReader } from './functions/events/manifest-reader.ts'
import { mayDeliver } from './functions/events/may-deliver.ts'
import type { InvokeFunction, StreamFunction } from './functions/invocation.ts'
import { invokeFunction, streamFunction } from './functions/invoke.ts'
import { functionPointerName } from './functions/manifest.ts'
import type { ControlPlaneDoor } from './functions/outbound.ts'
import { OwnAddress } from './functions/own-address.ts'
import { serveSource } from './functions/process/serve-source.ts'
import { Terminal } from './functions/process/terminal.ts'
import type { FunctionUrlPointer } from './functions/urls/pointer.ts'
import { publishFunctionUrl } from './functions/urls/publish-url.ts'
import type { UrlPlane } from './functions/urls/serve.ts'
import { URL_PUBLICATION } from './functions/urls/url-records.ts'
import { explainRoutes } from './gateway/control/explain-routes.ts'
import { gatewayHost } from './gateway-host.ts'
import { accessKeys } from './identity/access-keys.ts'
import type { Authority } from './identity/authority.ts'
import { entityOf, publishIdentity } from './identity/control/publish-identity.ts'
import { accountId, credentialsOf } from './identity/credentials.ts'
import { Directory } from './identity/directory.ts'
import { ExplainTokens } from './identity/explain-tokens.ts'
import { keyPolicy } from './identity/key-policy.ts'
import { publishedPermissions } from './identity/permissions.ts'
import { IDENTITY_PUBLICATION } from './identity/published.ts'
import { functionSession } from './identity/role-session.ts'
import { callerPolicies } from './identity/signed-caller.ts'
import { IssuerKeys } from './identity/tokens/issuer-keys.ts'
import { issuedTokenVerifier } from './identity/tokens/verify-issued-token.ts'
import { messengerOf } from './identity/user-pools/messages/messenger.ts'
import { metUserPools } from './identity/user-pools/met-user-pools.ts'
import { isolatePointers } from './isolate-pointers.ts'
import { isolateRecorders } from './isolate-recorders.ts'
import { systemClock } from './lib/clock.ts'
import { SharedLoads } from './lib/shared-loads.ts'
import {
  publishSubscription,
  publishTopic,
  SUBSCRIPTION_PUBLICATION,
  TOPIC_PUBLICATION,
} from './messaging/topics/control/publish-topic.ts'
import { publishRecord } from './messaging/topics/publish-record.ts'
import { publishToTopic } from './messaging/topics/publish-to-topic.ts'
import type { PublishedTopic } from './messaging/topics/published-topic.ts'
import { CERTIFICATE_PATH, serveCertificate } from './messaging/topics/signature/signing-key.ts'
import { topicHubName } from './messaging/topics/topic-arn.ts'
import { KEY_PUBLICATION, PLAN_PUBLICATION } from './metering/control/metering-records.ts'
import { publishApiKey } from './metering/control/publish-api-key.ts'
import { publishUsagePlan } from './metering/control/publish-usage-plan.ts'
import { BUDGET_PUBLICATION } from './metering/money/control/billing-records.ts'
import { BILLING_ROUTES } from './metering/money/control/billing-routes.ts'
import { publishAccountBudget } from './metering/money/control/publish-account-budget.ts'
import { LOG_GROUP_PUBLICATION } from './observability/logs/log-groups.ts'
import { publishLogGroup } from './observability/logs/publish-log-group.ts'
import type { Telemetry } from './observability/telemetry.ts'
import { publishSamplingRules } from './observability/traces/sampling/publish-rules.ts'
import { SAMPLING_PUBLICATION } from './observability/traces/sampling/sampling-rule.ts'
import { type Platform, platformOf } from './platform.ts'
import { StrangerGuard } from './protection/stranger-guard.ts'
import { migrate } from './records/migrate.ts'
import { after } from './records/publications.ts'
import { Records } from './records/records.ts'
import { resourcePolicies } from './resource-policies.ts'
import { ScrapeTokens } from './scrape-tokens.ts'
import { ACCOUNTS_SCOPE, serveAccounts } from './serve-accounts.ts'
import { addressedServer } from './serve-addressed.ts'
import { serveConfirmation } from './serve-confirmation.ts'
import { metricsRoutes, serveMetrics } from './serve-metrics.ts'
import { OWNER_SERVICE, serveOwnerRoutes } from './serve-owner-routes.ts'
import { userPoolServer } from './serve-user-pools.ts'
import { FOLLOWS_TOPIC_LINK } from './topic-links.ts'
import { usageRoutes } from './usage/control/usage-routes.ts'

/** Everything that one isolate keeps between requests, put together once. */
export interface Planes {
  readonly platform: Omit<Platform, 'origin'>
  /** Undefined where the operator wants none. */
  readonly telemetry: Telemetry | undefined
  readonly invoke: InvokeFunction
  readonly stream: StreamFunction
  /** What serves asynchronous calls; how it calls functions is up to whoever consumes the queue. */
  readonly events: Omit<EventConsumer, 'invoke'>
  /** Makes the database ready. Every use of it by the control plane comes after this. */
  start(): Promise<void>
  control(request: Request): Promise<Response>
  /** A function's call of an AWS service, as its role. */
  readonly controlAs: ControlPlaneDoor
  readonly ownAddress: OwnAddress
  /** Answers a request of an API or a function URL; undefined for what is neither. */
  serveAddressed(request: Request): Promise<Response | undefined> | undefined
  /** Answers a request for what is public of user pools; undefined for what is something else. */
  serveUserPools(request: Request): Promise<Response | undefined> | undefined
  /** Answers whoever has followed a link to confirm a sign-up. */
  serveConfirmation(request: Request, pool: string): Promise<Response>
  serveCode(request: Request): Promise<Response>
  /** Answers whoever verifies a notification of a topic. */
  serveCertificate(id: string): Promise<Response>
  /** Answers whoever has followed a link to confirm a subscription, or to end it. */
  serveTopicLink(request: Request): Promise<Response>
  /** Answers the owner of this Weir about its accounts. */
  serveAccounts(request: Request): Promise<Response>
  /** Answers an account about its prices, statements and budgets, and why its APIs answer as they do. */
  serveOwnerRoutes(request: Request): Promise<Response>
  /** Answers a Prometheus. */
  serveMetrics(request: Request): Promise<Response>
  /** Answers the process that functions have for themselves. */
  serveSource(request: Request): Promise<Response>
  /** Forgets what this isolate remembers; a reset of the local account needs it. */
  forget(): void
}

/** How long a request waits for the migrations that another one applies. */
const START_PATIENCE_MS = 30_000

/** Once a process: what is kept after its start is in its queue, too. */
let acceptsKeptEvents = false

const planes = new WeakMap<Env, Planes>()

export function planesOf(env: Env): Planes {
  let known = planes.get(env)
  if (!known) {
    known = build(env)
    planes.set(env, known)
  }
  return known
}

function build(env: Env): Planes {
  const strangers = new StrangerGuard({ clock: systemClock })
  const ownAddress = new OwnAddress()
  const supervisor = supervisorOf(env)
  const terminal = supervisor && new Terminal({ ...supervisor, defer: waitUntil })
  const recorders = isolateRecorders(env)
  const { counts, shifts, telemetry } = recorders
  const host = functionHost(env, terminal, recorders)
  const invoke: InvokeFunction = invocation => invokeFunction(host, invocation)
  const stream: StreamFunction = invocation => streamFunction(host, invocation)
  const warm: Warm = (manifest, isolates) => host.versions.warm(manifest, isolates)
  const urlPointers = isolatePointers<FunctionUrlPointer>(
    { objects: env.URL_ROUTER, documents: env.STORE },
    strangers,
  )

  const directory = new Directory({
    store: { objects: env.IDENTITY_ROUTER, documents: env.STORE },
    strangers,
    defer: waitUntil,
  })
  const issuerKeys = new IssuerKeys({
    fetch: (url, init) => fetch(url, init),
    isLocal: isLocal(env),
    clock: systemClock,
    defer: waitUntil,
  })
  const verifyIssued = issuedTokenVerifier({ directory, issuerKeys })
  const secrets = secretsOf(env)
  const lookUp = accessKeys({ own: credentialsOf(env), directory, secrets, clock: systemClock })
  const permissions = publishedPermissions(directory)
  const topics = isolatePointers<PublishedTopic>({ objects: env.TOPIC_HUB, documents: env.STORE })
  const authority: Authority = {
    ...permissions,
    resourcePolicy: resourcePolicies({
      functions: host.pointers,
      permissions,
      keyPolicy: asked => keyPolicy(env, asked),
      topics,
      recordsOf: account => new Records(env.DB, account),
    }),
    unknownRoles: isLocal(env) ? 'everything' : 'nothing',
  }
  const events: Planes['events'] = {
    ...eventIntakeOf(env, systemClock),
    recorder: recorders.recorder,
    newId: () => crypto.randomUUID(),
    async pointer(account, name, uid) {
      const pointer = functionPointerName(account, name)
      if (uid !== undefined) {
        const known = await host.pointers.get(pointer)
        if (known?.doc.uid === uid) return known.doc
      }
      return (await host.pointers.getNewer(pointer))?.doc
    },
    senders: DESTINATION_SENDERS,
    publish: publishRecord(publishToTopic(env)),
    manifest: manifestReader(env.STORE),
    roleMay: mayDeliver(authority),
    longestCallMs: 14.5 * 60_000,
    minuteMs: minuteMsOf(env),
    defer: waitUntil,
  }
  const scrapeTokens = new ScrapeTokens({
    secrets,
    directory,
    records: account => new Records(env.DB, account),
    clock: systemClock,
  })
  const explainTokens = new ExplainTokens(secrets, directory, systemClock)
  const apis = gatewayHost(env, {
    invoke,
    acceptEvent: invocation =>
      acceptCall({ events, pointers: host.pointers, clock: systemClock }, invocation),
    authenticate: authenticator({ service: 'execute-api', lookUp, clock: systemClock }),
    authority,
    explainTokens,
    counts,
    shifts,
    telemetry,
    cycle: recorders.cycle,
    tokens: { directory, verifyIssued },
    ownAddress,
    strangers,
    terminal,
    serve: request => serveAddressed(request),
    control: (request, origin, caller) => control(request, origin, caller),
  })

  const platform = platformOf(env, {
    // This isolate serves what it has published itself at once; the others see it within two seconds.
    [FUNCTION_PUBLICATION]: after(publishFunction(env), ({ id, region, pointer }) => {
      host.pointers.forget(functionPointerName({ id, region }, pointer))
      // An alias that was moved may have isolates to be loaded in advance.
      const records = new Records(env.DB, { id, region })
      waitUntil(warmProvisioned({ records, warm, now: systemClock }, pointer))
    }),
    [URL_PUBLICATION]: after(publishFunctionUrl(env), ({ pointer }) => urlPointers.forget(pointer)),
    [MAPPING_PUBLICATION]: publishMapping(env, EVENT_SOURCES),
    ...apis.publishers,
    [IDENTITY_PUBLICATION]: after(publishIdentity(env), ({ id, pointer }) => {
      const { kind, name } = entityOf(pointer)
      directory.forget(id, kind, name)
    }),
    [KEY_PUBLICATION]: publishApiKey(env),
    [PLAN_PUBLICATION]: publishUsagePlan(env),
    [SAMPLING_PUBLICATION]: publishSamplingRules(env),
    [BUDGET_PUBLICATION]: publishAccountBudget(env, systemClock),
    [TOPIC_PUBLICATION]: after(publishTopic(env), ({ id, region, pointer }) =>
      topics.forget(topicHubName({ account: { id, region }, name: pointer })),
    ),
    [SUBSCRIPTION_PUBLICATION]: publishSubscription(env),
    [LOG_GROUP_PUBLICATION]: publishLogGroup(env),
  })

  const callTrigger = triggerCaller(invoke, () => crypto.randomUUID())
  const messenger = messengerOf(env, line => terminal?.print(line), systemClock)
  const userPools = { callTrigger, messenger, met: metUserPools(strangers) }
  const endpoint = awsEndpoint<Platform>({
    services: [
      service(
        lambdaService({
          invoke,
          stream,
          enqueue: (event, payload) => acceptEvent(events, event, payload),
          eventSources: EVENT_SOURCES,
          roleMay: events.roleMay,
          warm,
        }),
      ),
      service(apigatewayService(() => apis.gateway)),
      service(iamService()),
      service(cognitoService(userPools)),
      service(kmsService()),
      service(cloudwatchService()),
      service(logsService()),
      service(xrayService()),
      service(snsService()),
      service(codedeployService({ authority })),
      service(
        stsService({
          authority,
          findProvider: identityProviders(directory),
          verifyToken: verifyIssued,
          rootMayAssume: isLocal(env),
        }),
      ),
    ],
    lookUp,
    authorize: authorizeCalls(authority),
    clock: systemClock,
  })

  const urlPlane: UrlPlane = {
    urls: urlPointers,
    functions: host.pointers,
    stream,
    authenticate: authenticator({ service: 'lambda', lookUp, clock: systemClock }),
    policiesOf: callerPolicies(authority),
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    report: (error, requestId) =>
      console.error(`request ${requestId} of a function URL failed unexpectedly`, error),
  }

  const serveAddressed = addressedServer({ gateway: apis.gateway, domains: apis.domains, urls: urlPlane })

  // The first control-plane request of an isolate. On a laptop nobody applies migrations by hand; everywhere, what a
  // crash kept from being published is published now.
  const starts = new SharedLoads<void>({ defer: waitUntil, patience: START_PATIENCE_MS })
  let isStarted = false
  const begin = async () => {
    if (isLocal(env)) await migrate(env.DB)
    isStarted = true
    if (events.queueForgets && !acceptsKeptEvents) {
      acceptsKeptEvents = true
      waitUntil(
        acceptKeptEvents(events, systemClock()).catch(error => console.error('events wait on', error)),
      )
    }
    waitUntil(platform.publications.publishWaiting().catch(error => console.warn('not published yet', error)))
    waitUntil(rewrapKeys(env, accountId(env)).catch(error => console.warn('not wrapped anew yet', error)))
  }
  const start = async () => {
    if (!isStarted) await (starts.join('the migrations') ?? starts.begin('the migrations', begin))
  }

  const serveUserPools = userPoolServer({
    env,
    directory,
    secrets,
    ...userPools,
    clock: systemClock,
    start,
  })

  const control = async (request: Request, origin: string, caller?: AdmittedCaller) => {
    await start()
    return endpoint(request, { ...platform, origin }, caller)
  }

  const controlAs: ControlPlaneDoor = async (sent, { caller, service, region, signed }) => {
    const request = signed ? sent : await asSigned(sent)
    if (!request) return new Response('this is more than Weir takes\n', { status: 413 })
    const { origin, pathname } = new URL(request.url)
    // Of a notification, whose signature a function verifies: there it was told that the certificate is.
    const certificate = CERTIFICATE_PATH.exec(pathname)?.[1]
    if (certificate !== undefined) return serveCertificate(env, certificate)
    // Where GetFunction said that the code is: a function follows the link the same way it asked for it.
    if (pathname.startsWith(CODE_PATH)) return serveCode(request, env)
    const identity = signed ? functionSession(caller) : undefined
    const addressed = await serveAddressed(request, identity)
    if (addressed) return addressed
    const ofPools = await serveUserPools(request)
    if (ofPools) return ofPools
    return control(request, origin, identity && { ok: true, identity, service, region })
  }

  return {
    platform,
    telemetry,
    invoke,
    stream,
    events,
    start,
    ownAddress,
    control: request => control(request, new URL(request.url).origin),
    controlAs,
    serveAddressed: request => serveAddressed(request),
    serveUserPools,
    async serveConfirmation(request, pool) {
      await start()
      const { origin } = new URL(request.url)
      return serveConfirmation(request, pool, userPools, { ...platform, origin })
    },
    serveCode: request => serveCode(request, env),
    serveCertificate: id => serveCertificate(env, id),
    serveTopicLink: request => control(request, new URL(request.url).origin, FOLLOWS_TOPIC_LINK),
    serveAccounts: request =>
      serveAccounts(request, {
        env,
        platform,
        authenticate: authenticator({ service: ACCOUNTS_SCOPE.service, lookUp, clock: systemClock }),
        start,
        forget: () => directory.clear(),
      }),
    serveOwnerRoutes: request =>
      serveOwnerRoutes(request, {
        routes: [
          ...BILLING_ROUTES,
          ...explainRoutes(apis.gateway, explainTokens, env),
          ...usageRoutes(counts),
          ...DEPLOYMENT_ROUTES,
          ...metricsRoutes(scrapeTokens),
        ],
        platform,
        authority,
        authenticate: authenticator({ service: OWNER_SERVICE, lookUp, clock: systemClock }),
        start,
      }),
    serveMetrics: request => serveMetrics(request, { env, tokens: scrapeTokens, start }),
    serveSource: request =>
      serveSource(request, {
        source: storedCode(env),
        controlPlane: controlAs,
        token: isLocal(env) ? env.WEIR_FUNCTIONS_TOKEN : undefined,
      }),
    forget() {
      recorders.forget()
      host.pointers.clear()
      apis.forget()
      urlPointers.clear()
      topics.clear()
      directory.clear()
    },
  }
}
