import { ByteLru } from '../../lib/byte-lru.ts'
import { type JsonObject, scalarText } from '../../lib/json-object.ts'
import type { Authorization } from '../exchange.ts'
import { claimTexts } from './claim-texts.ts'
import type { Standing } from './token-providers.ts'

/** A token whose signature was verified, and what of it is asked about at each request. */
export interface KnownToken {
  /** Of the provider that issued it. */
  readonly provider: string
  /** By which it was verified: where something else is published of the provider now, it has to be again. */
  readonly standing: Standing
  /** Epoch milliseconds. */
  readonly expires: number
  /** From then on it is verified anew. */
  readonly until: number
  /** Claim `token_use` of user pools. */
  readonly use: unknown
  /** Whom it is for: the claim `aud` or, of access tokens of user pools, the client that it was issued to. */
  readonly audiences: readonly string[]
  readonly scopes: ReadonlySet<string>
  /** As back ends are told them. */
  readonly claims: Readonly<Record<string, string>>
  /** The same for all requests that it is sent with. */
  readonly authorization: Authorization
}

export const knownToken = (
  provider: string,
  standing: Standing,
  claims: JsonObject & { readonly exp: number },
  now: number,
): KnownToken => {
  const expires = claims.exp * 1000
  const texts = claimTexts(claims)
  return {
    provider,
    standing,
    expires,
    until: Math.min(expires, now + standing.believedFor),
    use: claims.token_use,
    audiences: listOf(claims.aud ?? claims.client_id),
    scopes: new Set([claims.scope, claims.scp].flatMap(listOf).flatMap(text => text.split(' '))),
    claims: texts,
    authorization: { authorizer: { claims: texts } },
  }
}

function listOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.map(scalarText).filter(text => text !== undefined)
}

/** Bytes for the tokens of all APIs together: a sixteenth of what an isolate has. */
const CAPACITY = 8 * 1024 * 1024

/** A token is there as it was sent, and once more in parts. */
const BYTES_A_CHARACTER = 3
const ENTRY_BYTES = 1024

/**
 * Tokens that were verified, in this isolate's memory, so that a warm request verifies no signature. They are kept
 * under what was sent, to the letter: nothing shorter stands for a token but what nobody can make another one of.
 */
export class VerifiedTokens {
  readonly #known: ByteLru<KnownToken>

  /** @param capacity bytes */
  constructor(capacity = CAPACITY) {
    this.#known = new ByteLru(capacity)
  }

  get(sent: string): KnownToken | undefined {
    return this.#known.get(sent)
  }

  keep(sent: string, known: KnownToken): void {
    this.#known.set(sent, known, ENTRY_BYTES + sent.length * BYTES_A_CHARACTER)
  }

  clear(): void {
    this.#known.clear()
  }
}
