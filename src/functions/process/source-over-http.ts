import type { CodeSource } from '../code-source.ts'
import { KeyUnusable } from '../key-unusable.ts'
import type { ArchiveIndex } from '../prepare/archive-index.ts'
import { KEY_UNUSABLE_STATUS, SOURCE, TOKEN_HEADER } from './protocol.ts'
import { takeLengthAnd } from './take-bytes.ts'

export interface WeirAddress {
  /** `http://localhost:8787` */
  readonly url: string
  readonly token: string
}

/** What it takes to run a version, from the Weir that this process works for; serve-source.ts answers. */
export function sourceOverHttp(weir: WeirAddress): CodeSource {
  const ask = async (what: string, body: string): Promise<Response | undefined> => {
    const response = await fetch(`${weir.url}${SOURCE}${what}`, {
      method: 'POST',
      headers: { [TOKEN_HEADER]: weir.token },
      body,
    })
    if (response.ok) return response
    const said = await response.text()
    if (response.status === 404) return undefined
    if (response.status === KEY_UNUSABLE_STATUS) {
      const { code, message } = JSON.parse(said) as KeyUnusable
      throw new KeyUnusable(code, message)
    }
    throw new Error(`Weir answered ${response.status} when it was asked for ${what}: ${said}`)
  }
  return {
    async manifest(key) {
      const response = await ask('manifest', key)
      return response?.text()
    },

    async code(hash) {
      const response = await ask('code', hash)
      if (!response?.body) return undefined
      const index = await takeLengthAnd(response.body)
      return {
        index: JSON.parse(decoder.decode(index)) as ArchiveIndex,
        // Of a body that was begun no other response can be made; of what is piped out of it one can.
        archive: response.body.pipeThrough(new IdentityTransformStream()),
        size: Number(response.headers.get('content-length')) - index.length,
      }
    },

    async variables(manifest) {
      if (!manifest.environment) return {}
      const response = await ask('variables', JSON.stringify(manifest))
      if (!response) throw new Error('Weir does not answer for variables')
      return response.json<Record<string, string>>()
    },
  }
}

const decoder = new TextDecoder()
