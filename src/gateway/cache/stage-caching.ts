import type { Exchange } from '../exchange.ts'
import type { MethodSettingsTable } from '../method-settings.ts'
import { PerMethod } from '../per-method.ts'
import type { PreparedMethod } from '../prepared-api.ts'
import type { CanaryPointer, StageMethodSettings, StagePointer } from '../snapshot.ts'
import { type KeyValue, keyValues } from './key-values.ts'

/** How the answers of one method are kept. */
export interface MethodCaching {
  readonly ttlSeconds: number
  /** Whether asking for a fresh answer takes a permission. */
  readonly requireAuthorization: boolean
  /** What becomes of those who ask without it. */
  readonly unauthorizedStrategy: string
  /** Equal for requests that one kept answer serves. */
  readonly keyOf: (exchange: Exchange) => string
}

/** "The maximum TTL value is 3600 seconds. TTL=0 means caching is disabled." */
const LONGEST_TTL = 3_600

/**
 * What is cached of a stage that has a cache. A new deployment takes over what was kept before it: API Gateway forgets
 * nothing then either, `FlushStageCache` does.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
 */
export class StageCaching {
  readonly #settings: MethodSettingsTable
  readonly #ofAll: StageMethodSettings['cache']
  readonly #partition: readonly unknown[]
  readonly #found = new PerMethod((method, httpMethod) => this.#prepare(method, httpMethod))

  /** Undefined where nothing is kept for what is served. */
  static of(
    apiId: string,
    stage: string,
    pointer: StagePointer,
    served: StagePointer | CanaryPointer,
    settings: MethodSettingsTable | undefined,
  ): StageCaching | undefined {
    if (!pointer.cache || !settings) return undefined
    // "The canary release can use the stage cache to store responses and use cached entries to return results to the
    // next canary requests": its own, so that no other request sees an answer of the canary's.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/create-canary-deployment.html
    const canary = 'useStageCache' in served ? served : undefined
    if (canary && !canary.useStageCache) return undefined
    const partition = [apiId, stage, canary?.deploymentId ?? '', pointer.cache.flushedAt ?? 0]
    return new StageCaching(partition, settings, pointer.settings?.['*/*']?.cache)
  }

  private constructor(
    partition: readonly unknown[],
    settings: MethodSettingsTable,
    ofAll: StageMethodSettings['cache'],
  ) {
    this.#partition = partition
    this.#settings = settings
    this.#ofAll = ofAll
  }

  /** Undefined where answers to this method are not kept. */
  of(method: PreparedMethod, httpMethod: string): MethodCaching | undefined {
    return this.#found.of(method, httpMethod)
  }

  #prepare(method: PreparedMethod, httpMethod: string): MethodCaching | undefined {
    const settings = this.#settings.of(method, httpMethod)
    if (!settings?.cache) return undefined
    // "When you enable caching for a stage, only GET methods have caching enabled by default. [...] You can enable
    // caching for other methods by overriding method settings."
    if (httpMethod !== 'GET' && settings.cache === this.#ofAll) return undefined
    const ttlSeconds = Math.min(settings.cache.ttlSeconds, LONGEST_TTL)
    if (!(ttlSeconds > 0)) return undefined
    const { integration } = method.definition
    const values = keyValues(integration)
    if (!values) return undefined
    // "By default, API Gateway uses the resource ID as the cacheNamespace. You can specify the same cacheNamespace
    // across resources to return the same cached data for requests to different resources."
    const namespace = integration?.cacheNamespace || method.resourceId
    const prefix = [...this.#partition, namespace, httpMethod]
    return {
      ttlSeconds,
      requireAuthorization: settings.cache.requireAuthorization,
      unauthorizedStrategy: settings.cache.unauthorizedStrategy,
      keyOf: exchange => JSON.stringify([...prefix, ...values.map((value: KeyValue) => value(exchange))]),
    }
  }
}
