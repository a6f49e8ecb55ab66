import { ACCOUNT_THROTTLE } from '../../metering/account-limits.ts'
import { chosenBy } from '../../metering/failure-policy.ts'
import type { StageMethodSettings, StagePointer } from '../snapshot.ts'
import type { MethodSettings, StageRecord } from './rest-api-records.ts'

/**
 * A tag of stages. With very many keys the counts by key are as many, and telling of them costs more than counting: so
 * it is the owner's choice.
 */
const COUNTS_BY_KEY = 'weir:usage-by-key'

/** What the data plane needs of a stage, given the keys of what its deployments compiled to. */
export function compileStage(
  stage: StageRecord,
  snapshots: { readonly stage: string; readonly canary?: string },
  endpointType?: string,
): StagePointer {
  const { canarySettings: canary, accessLogSettings: log, shift } = stage
  const variables = stage.variables ?? {}
  const whenUnreachable = chosenBy(stage.tags)
  return {
    deploymentId: stage.deploymentId,
    snapshot: snapshots.stage,
    variables,
    ...(canary &&
      snapshots.canary !== undefined && {
        canary: {
          percentTraffic: canary.percentTraffic,
          deploymentId: canary.deploymentId,
          snapshot: snapshots.canary,
          variables: { ...variables, ...canary.stageVariableOverrides },
          useStageCache: canary.useStageCache,
        },
      }),
    ...(shift && { shift }),
    settings: compileSettings(stage),
    // A stage of the name of one that was deleted begins with nothing kept.
    ...(stage.cacheClusterEnabled && {
      cache: { flushedAt: stage.cacheFlushedAt ?? stage.createdDate * 1000 },
    }),
    authorizersFlushedAt: stage.authorizersFlushedAt,
    ...(log?.destinationArn !== undefined &&
      log.format !== undefined && {
        accessLog: {
          destinationArn: log.destinationArn,
          format: log.format,
          ...(log.format.includes('$context.endpointType') && { endpointType }),
        },
      }),
    ...(stage.tracingEnabled && { tracingEnabled: true }),
    ...(whenUnreachable && { whenUnreachable }),
    ...(stage.tags?.[COUNTS_BY_KEY] === 'on' && { countsByKey: true }),
  }
}

/**
 * Settings that change nothing are left out, except where they keep those of all methods from a method. Absent when
 * the data plane has nothing to do for any method.
 */
function compileSettings({ methodSettings, cacheClusterEnabled }: StageRecord): StagePointer['settings'] {
  const compiled = Object.entries(methodSettings).map(
    ([key, settings]) => [key, compileMethod(settings, cacheClusterEnabled === true)] as const,
  )
  if (compiled.every(([, settings]) => Object.keys(settings).length === 0)) return undefined
  return Object.fromEntries(compiled)
}

function compileMethod(settings: MethodSettings, hasCache: boolean): StageMethodSettings {
  const throttle = compileThrottle(settings)
  const logs = settings.loggingLevel === 'INFO' || settings.loggingLevel === 'ERROR'
  return {
    ...(settings.metricsEnabled && { metricsEnabled: true }),
    ...(logs && { loggingLevel: settings.loggingLevel as 'INFO' | 'ERROR' }),
    ...(logs && settings.dataTraceEnabled && { dataTraceEnabled: true }),
    ...(throttle && { throttle }),
    ...(hasCache &&
      settings.cachingEnabled && {
        cache: {
          ttlSeconds: settings.cacheTtlInSeconds,
          requireAuthorization: settings.requireAuthorizationForCacheControl,
          unauthorizedStrategy: settings.unauthorizedCacheControlHeaderStrategy,
        },
      }),
  }
}

/**
 * A method can be held below the account's level and not lifted above it, so what does not go below it is no
 * throttle. Tools write -1 where they mean none.
 */
function compileThrottle({
  throttlingRateLimit: rate,
  throttlingBurstLimit: burst,
}: MethodSettings): StageMethodSettings['throttle'] {
  const { rateLimit, burstLimit } = ACCOUNT_THROTTLE
  const least = (limit: number, usual: number) => (limit < 0 ? usual : Math.min(limit, usual))
  const throttle = { rate: least(rate, rateLimit), burst: least(burst, burstLimit) }
  return throttle.rate < rateLimit || throttle.burst < burstLimit ? throttle : undefined
}
