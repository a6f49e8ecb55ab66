import { ownField } from '../lib/fields.ts'
import type { PreparedMethod } from './prepared-api.ts'
import type { StageMethodSettings, StagePointer } from './snapshot.ts'

/**
 * What was set for the methods of a stage. Settings of a method stand for all that holds of it: where it has some,
 * those of all methods (under two stars) do not count.
 */
export class MethodSettingsTable {
  readonly #byKey: NonNullable<StagePointer['settings']>
  readonly #found = new Map<PreparedMethod, Map<string, StageMethodSettings | undefined>>()

  constructor(settings: NonNullable<StagePointer['settings']>) {
    this.#byKey = settings
  }

  /** `httpMethod`: of the request. A method `ANY` has settings for each that it stands for, or for all of them. */
  of(method: PreparedMethod, httpMethod: string): StageMethodSettings | undefined {
    let byMethod = this.#found.get(method)
    if (!byMethod) {
      byMethod = new Map()
      this.#found.set(method, byMethod)
    }
    const known = byMethod.get(httpMethod)
    if (known || byMethod.has(httpMethod)) return known
    const path = method.resourcePath.replaceAll('~', '~0').replaceAll('/', '~1')
    const settings =
      ownField(this.#byKey, `${path}/${httpMethod}`) ??
      (method.name === 'ANY' ? ownField(this.#byKey, `${path}/ANY`) : undefined) ??
      ownField(this.#byKey, '*/*')
    byMethod.set(httpMethod, settings)
    return settings
  }
}
