import type { AccountBudget } from '../durable-objects/account-budget.ts'
import type { AlarmWatch } from '../durable-objects/alarm-watch.ts'
import type { AliasRouter } from '../durable-objects/alias-router.ts'
import type { ConcurrencyMeter } from '../durable-objects/concurrency-meter.ts'
import type { DeploymentDriver } from '../durable-objects/deployment-driver.ts'
import type { DomainRouter } from '../durable-objects/domain-router.ts'
import type { ExecutionMeter } from '../durable-objects/execution-meter.ts'
import type { IdentityRouter } from '../durable-objects/identity-router.ts'
import type { KeyMeter } from '../durable-objects/key-meter.ts'
import type { LogStore } from '../durable-objects/log-store.ts'
import type { MeterRelay } from '../durable-objects/meter-relay.ts'
import type { MetricStore } from '../durable-objects/metric-store.ts'
import type { SignInGuard } from '../durable-objects/sign-in-guard.ts'
import type { StageRouter } from '../durable-objects/stage-router.ts'
import type { TopicHub } from '../durable-objects/topic-hub.ts'
import type { TraceStore } from '../durable-objects/trace-store.ts'
import type { UrlRouter } from '../durable-objects/url-router.ts'
import type { UsageCollector } from '../durable-objects/usage-collector.ts'

/** Bindings and variables of wrangler.toml and of the operator's secrets. */
export interface Env {
  readonly DB: D1Database
  /** Documents and code, by hash or by names that are never written twice. */
  readonly STORE: R2Bucket
  readonly ALIAS_ROUTER: DurableObjectNamespace<AliasRouter>
  readonly STAGE_ROUTER: DurableObjectNamespace<StageRouter>
  readonly URL_ROUTER: DurableObjectNamespace<UrlRouter>
  readonly DOMAIN_ROUTER: DurableObjectNamespace<DomainRouter>
  readonly IDENTITY_ROUTER: DurableObjectNamespace<IdentityRouter>
  readonly SIGN_IN_GUARD: DurableObjectNamespace<SignInGuard>
  readonly KEY_METER: DurableObjectNamespace<KeyMeter>
  readonly METER_RELAY: DurableObjectNamespace<MeterRelay>
  readonly USAGE_COLLECTOR: DurableObjectNamespace<UsageCollector>
  readonly ACCOUNT_BUDGET: DurableObjectNamespace<AccountBudget>
  readonly EXECUTION_METER: DurableObjectNamespace<ExecutionMeter>
  readonly CONCURRENCY_METER: DurableObjectNamespace<ConcurrencyMeter>
  readonly LOG_STORE: DurableObjectNamespace<LogStore>
  readonly METRIC_STORE: DurableObjectNamespace<MetricStore>
  readonly TRACE_STORE: DurableObjectNamespace<TraceStore>
  readonly ALARM_WATCH: DurableObjectNamespace<AlarmWatch>
  readonly TOPIC_HUB: DurableObjectNamespace<TopicHub>
  readonly DEPLOYMENT_DRIVER: DurableObjectNamespace<DeploymentDriver>
  readonly INVOCATIONS: Queue
  readonly LOADER: WorkerLoader
  /** Sends e-mail to users of user pools, where the operator has bound it. */
  readonly EMAIL?: SendEmail
  /** Who e-mail comes from where a pool does not say: `weir@example.com`, `Weir <weir@example.com>` */
  readonly WEIR_EMAIL_FROM?: string
  /** Set in development only; allows the local credentials and `POST /_weir/reset`. */
  readonly WEIR_LOCAL?: string
  /** Pairs `id:secret`, comma-separated. */
  readonly WEIR_LOCAL_CREDENTIALS?: string
  readonly WEIR_ACCOUNT_ID?: string
  /** See {@link minuteMsOf}. */
  readonly WEIR_MINUTE_MS?: string
  /** `0`: nothing is told of what functions and APIs do: no logs, no metrics, no traces. */
  readonly WEIR_TELEMETRY?: string
  /** Where a collector takes OTLP over HTTP, `https://collector.example:4318`; nothing is exported without it. */
  readonly WEIR_OTLP_ENDPOINT?: string
  /** Secret: `key=value,other=value`, percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS. */
  readonly WEIR_OTLP_HEADERS?: string
  /** In development, `0`: what functions log is not printed. */
  readonly WEIR_PRINT_LOGS?: string
  /** Host names that are never custom domains, separated by blanks: where the control plane is called. */
  readonly WEIR_HOSTS?: string
  /** Where functions run when they have a process of their own, and the secret to use it; see functions/process/. */
  readonly WEIR_FUNCTIONS?: string
  readonly WEIR_FUNCTIONS_TOKEN?: string
  /** Secret: the owner's `id:secret` of a deployed Weir. */
  readonly WEIR_ROOT_CREDENTIALS?: string
  /** Secret: 32 bytes, base64; wraps the keys that accounts' secrets are encrypted with. */
  readonly WEIR_ENCRYPTION_KEY?: string
  /** Secret: further ones, comma-separated, that keys may still (or already) be wrapped with. */
  readonly WEIR_ENCRYPTION_KEY_PREVIOUS?: string
}

/** Whether this is a Weir in development. Only the one value counts, so that no spelling of "no" opens a deployed one. */
export const isLocal = (env: Env): boolean => env.WEIR_LOCAL === '1'

/** Where functions run when they have a process of their own, as only a Weir in development has it. */
export function supervisorOf(env: Env): { readonly address: string; readonly token: string } | undefined {
  const { WEIR_FUNCTIONS: address, WEIR_FUNCTIONS_TOKEN: token } = env
  return isLocal(env) && address && token ? { address, token } : undefined
}

/** Real milliseconds of a minute of deployments and alarms: less where somebody wants to see them, or test them, sooner. */
export const minuteMsOf = ({ WEIR_MINUTE_MS }: Pick<Env, 'WEIR_MINUTE_MS'>): number =>
  Number(WEIR_MINUTE_MS) || 60_000
