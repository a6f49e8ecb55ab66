import { isJsonObject, type JsonObject, parseJsonObject } from '../../lib/json-object.ts'
import type { DocumentationPartRecord } from '../control/api-parts.ts'
import type { Documentation } from './definition.ts'
import { locationKey } from './documentation-location.ts'

type Location = DocumentationPartRecord['location']

/** Documentation parts by what they are about, for the places that OpenAPI has for them. */
export class Texts {
  readonly #parts: ReadonlyMap<string, JsonObject>

  constructor(documentation: Documentation | undefined) {
    this.#parts = new Map(
      documentation?.parts.map(({ location, properties }) => [
        locationKey(location),
        parseJsonObject(properties) ?? {},
      ]),
    )
  }

  at(location: Location): JsonObject {
    return this.#parts.get(locationKey(location)) ?? {}
  }

  info(): JsonObject {
    const { info } = this.at({ type: 'API' })
    return isJsonObject(info) ? info : {}
  }

  model(name: string): JsonObject {
    return this.at({ type: 'MODEL', name })
  }
}
