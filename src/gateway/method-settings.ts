import { unescapePointer } from '../lib/json-object.ts'
import { PerMethod } from './per-method.ts'
import type { PreparedMethod } from './prepared-api.ts'
import type { StageMethodSettings, StagePointer } from './snapshot.ts'

/**
 * What was set for the methods of a stage. Settings of a method stand for all that holds of it: where it has some,
 * those of all methods (under two stars) do not count.
 */
export class MethodSettingsTable {
  /** By the resource's path without its first slash, and the method's name: `pets/{id}/GET`. */
  readonly #byKey: ReadonlyMap<string, StageMethodSettings>
  readonly #found = new PerMethod((method, httpMethod) => this.#prepare(method, httpMethod))

  constructor(settings: NonNullable<StagePointer['settings']>) {
    this.#byKey = new Map(
      Object.entries(settings)
        .map(([key, value]) => [plainKey(key), value, key.startsWith('~1')] as const)
        // Of two spellings of one method the documented one counts.
        .sort(([, , a], [, , b]) => Number(a) - Number(b))
        .map(([key, value]) => [key, value] as const),
    )
  }

  /** `httpMethod`: of the request. A method `ANY` has settings for each that it stands for, or for all of them. */
  of(method: PreparedMethod, httpMethod: string): StageMethodSettings | undefined {
    return this.#found.of(method, httpMethod)
  }

  #prepare(method: PreparedMethod, httpMethod: string): StageMethodSettings | undefined {
    const path = method.resourcePath.slice(1)
    return (
      this.#byKey.get(`${path}/${httpMethod}`) ??
      (method.name === 'ANY' ? this.#byKey.get(`${path}/ANY`) : undefined) ??
      this.#byKey.get('*/*')
    )
  }
}

/** `~1pets~1{id}/GET`, as it is documented, `pets/{id}/GET`, as Terraform has it, and `/pets/{id}/GET` are one method. */
function plainKey(key: string): string {
  const end = key.lastIndexOf('/')
  const path = unescapePointer(key.slice(0, end))
  return `${path.replace(/^\//, '')}${key.slice(end)}`
}
