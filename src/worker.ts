import { exports as workerExports } from 'cloudflare:workers'
import { tendDueKeys } from './encryption/kms/rotate-key.ts'
import { rewrapKeys } from './encryption/rotate-root.ts'
import type { Env } from './env.ts'
import { enter } from './front-door.ts'
import type { FunctionCaller } from './function-caller.ts'
import { consumeEvents } from './functions/events/consume-events.ts'
import { removeAbandonedEvents } from './functions/events/event-documents.ts'
import { accountId } from './identity/credentials.ts'
import { rotatePoolKeys } from './identity/user-pools/rotate-pool-keys.ts'
import { removeExpiredSignIns } from './identity/user-pools/tokens/sign-ins.ts'
import { issueDueStatements } from './metering/money/control/issue-due-statements.ts'
import { planesOf } from './planes.ts'

export { AccountBudget } from '../durable-objects/account-budget.ts'
export { AlarmWatch } from '../durable-objects/alarm-watch.ts'
export { AliasRouter } from '../durable-objects/alias-router.ts'
export { ConcurrencyMeter } from '../durable-objects/concurrency-meter.ts'
export { DeploymentDriver } from '../durable-objects/deployment-driver.ts'
export { DomainRouter } from '../durable-objects/domain-router.ts'
export { ExecutionMeter } from '../durable-objects/execution-meter.ts'
export { IdentityRouter } from '../durable-objects/identity-router.ts'
export { KeyMeter } from '../durable-objects/key-meter.ts'
export { LogStore } from '../durable-objects/log-store.ts'
export { MeterRelay } from '../durable-objects/meter-relay.ts'
export { MetricStore } from '../durable-objects/metric-store.ts'
export { SignInGuard } from '../durable-objects/sign-in-guard.ts'
export { StageRouter } from '../durable-objects/stage-router.ts'
export { TopicHub } from '../durable-objects/topic-hub.ts'
export { TraceStore } from '../durable-objects/trace-store.ts'
export { UrlRouter } from '../durable-objects/url-router.ts'
export { UsageCollector } from '../durable-objects/usage-collector.ts'
export { FunctionCaller } from './function-caller.ts'
export { Outbound } from './function-outbound.ts'

export default {
  fetch: enter,

  async queue(batch, env) {
    const { FunctionCaller } = workerExports as unknown as { FunctionCaller: Service<FunctionCaller> }
    const { events } = planesOf(env)
    await consumeEvents(batch, { ...events, invoke: invocation => FunctionCaller.invoke(invocation) })
  },

  /**
   * Once a minute: what a crash kept from being published, what keys are waiting for, statements of a month that is over;
   * once an hour: what crashes left behind, and sign-ins that are over.
   */
  async scheduled({ scheduledTime }, env) {
    const { start, platform } = planesOf(env)
    await start()
    const isFullHour = new Date(scheduledTime).getUTCMinutes() === 0
    const failures: unknown[] = []
    // One that cannot be done stands in nobody's way.
    for (const chore of [
      () => platform.publications.publishWaiting(),
      () => rotatePoolKeys(platform, scheduledTime),
      () => rewrapKeys(env, accountId(env)).catch(error => console.error('keys are not wrapped anew', error)),
      () => tendDueKeys(env, scheduledTime),
      () => issueDueStatements(env, scheduledTime),
      () => isFullHour && removeAbandonedEvents(env.STORE, scheduledTime),
      () => isFullHour && removeExpiredSignIns(env.DB, scheduledTime),
    ]) {
      try {
        await chore()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '))
  },
} satisfies ExportedHandler<Env>
