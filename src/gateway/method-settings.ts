import { ownField } from '../lib/fields.ts'
import type { PreparedApi, PreparedMethod } from './prepared-api.ts'
import type { StageMethodSettings, StagePointer } from './snapshot.ts'
import { type MethodBucket, methodBucket } from './throttle.ts'

/** What was set for a method, with what could be prepared of it. */
export interface MethodSettings extends StageMethodSettings {
  readonly bucket?: MethodBucket
}

/**
 * What was set for the methods of a stage. Settings of a method stand for all that holds of it: where it has some,
 * those of all methods (under two stars) do not count.
 */
export class MethodSettingsTable {
  readonly #api: PreparedApi
  readonly #stage: string
  readonly #byKey: NonNullable<StagePointer['settings']>
  readonly #generation: number
  readonly #found = new Map<PreparedMethod, Map<string, MethodSettings | undefined>>()

  constructor(
    api: PreparedApi,
    stage: string,
    settings: NonNullable<StagePointer['settings']>,
    generation: number,
  ) {
    this.#api = api
    this.#stage = stage
    this.#byKey = settings
    this.#generation = generation
  }

  /** `httpMethod`: of the request. A method `ANY` has settings for each that it stands for, or for all of them. */
  of(method: PreparedMethod, httpMethod: string): MethodSettings | undefined {
    let byMethod = this.#found.get(method)
    if (!byMethod) {
      byMethod = new Map()
      this.#found.set(method, byMethod)
    }
    const known = byMethod.get(httpMethod)
    if (known || byMethod.has(httpMethod)) return known
    const settings = this.#prepare(method, httpMethod)
    byMethod.set(httpMethod, settings)
    return settings
  }

  #prepare(method: PreparedMethod, httpMethod: string): MethodSettings | undefined {
    const path = method.resourcePath.replaceAll('~', '~0').replaceAll('/', '~1')
    const settings =
      ownField(this.#byKey, `${path}/${httpMethod}`) ??
      (method.name === 'ANY' ? ownField(this.#byKey, `${path}/ANY`) : undefined) ??
      ownField(this.#byKey, '*/*')
    if (!settings?.throttle) return settings
    // "Each method in this stage will respect these rate and burst settings": also those of all methods are a
    // bucket of each. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html
    const name = `${httpMethod} ${method.resourcePath}`
    const bucket = methodBucket(this.#api, this.#stage, name, settings.throttle, this.#generation)
    return { ...settings, bucket }
  }
}
