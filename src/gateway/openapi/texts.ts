import type { DocumentationPartRecord } from '../control/api-parts.ts'
import type { Documentation } from './definition.ts'
import { locationKey } from './documentation-location.ts'
import { isPlain, type Plain } from './values.ts'

type Location = DocumentationPartRecord['location']

/** Documentation parts by what they are about, for the places that OpenAPI has for them. */
export class Texts {
  readonly #parts: ReadonlyMap<string, Plain>

  constructor(documentation: Documentation | undefined) {
    this.#parts = new Map(
      documentation?.parts.map(({ location, properties }) => [locationKey(location), parse(properties)]),
    )
  }

  at(location: Location): Plain {
    return this.#parts.get(locationKey(location)) ?? {}
  }

  info(): Plain {
    const { info } = this.at({ type: 'API' })
    return isPlain(info) ? info : {}
  }

  model(name: string): Plain {
    return this.at({ type: 'MODEL', name })
  }
}

function parse(properties: string): Plain {
  try {
    const parsed: unknown = JSON.parse(properties)
    return isPlain(parsed) ? parsed : {}
  } catch {
    return {}
  }
}
