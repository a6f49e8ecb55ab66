import { unescapePointer } from '../lib/json-object.ts'
import { PerMethod } from './per-method.ts'
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
  /** By the resource's path without its first slash, and the method's name: `pets/{id}/GET`. */
  readonly #byKey: ReadonlyMap<string, StageMethodSettings>
  readonly #generation: number
  readonly #found = new PerMethod((method, httpMethod) => this.#prepare(method, httpMethod))

  constructor(
    api: PreparedApi,
    stage: string,
    settings: NonNullable<StagePointer['settings']>,
    generation: number,
  ) {
    this.#api = api
    this.#stage = stage
    this.#byKey = new Map(
      Object.entries(settings)
        .map(([key, value]) => [plainKey(key), value, key.startsWith('~1')] as const)
        // Of two spellings of one method the documented one counts.
        .sort(([, , a], [, , b]) => Number(a) - Number(b))
        .map(([key, value]) => [key, value] as const),
    )
    this.#generation = generation
  }

  /** `httpMethod`: of the request. A method `ANY` has settings for each that it stands for, or for all of them. */
  of(method: PreparedMethod, httpMethod: string): MethodSettings | undefined {
    return this.#found.of(method, httpMethod)
  }

  #prepare(method: PreparedMethod, httpMethod: string): MethodSettings | undefined {
    const path = method.resourcePath.slice(1)
    const settings =
      this.#byKey.get(`${path}/${httpMethod}`) ??
      (method.name === 'ANY' ? this.#byKey.get(`${path}/ANY`) : undefined) ??
      this.#byKey.get('*/*')
    if (!settings?.throttle) return settings
    // "Each method in this stage will respect these rate and burst settings": also those of all methods are a
    // bucket of each. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html
    const name = `${httpMethod} ${method.resourcePath}`
    const bucket = methodBucket(this.#api, this.#stage, name, settings.throttle, this.#generation)
    return { ...settings, bucket }
  }
}

/** `~1pets~1{id}/GET`, as it is documented, `pets/{id}/GET`, as Terraform has it, and `/pets/{id}/GET` are one method. */
function plainKey(key: string): string {
  const end = key.lastIndexOf('/')
  const path = unescapePointer(key.slice(0, end))
  return `${path.replace(/^\//, '')}${key.slice(end)}`
}
