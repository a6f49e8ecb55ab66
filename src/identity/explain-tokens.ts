import type { Secrets } from '../encryption/secrets.ts'
import type { Account } from '../lib/account.ts'
import type { Clock } from '../lib/clock.ts'
import { keepLatest } from '../lib/keep-latest.ts'
import type { Directory } from './directory.ts'
import { hasSealer, openToken, sealerOf, sealToken } from './sealed-token.ts'

/** How long a token is good for. */
const EXPLAIN_TOKEN_MS = 3_600_000

const PURPOSE = 'explain token'

interface Content {
  readonly schema: 1
  readonly region: string
  /** Epoch milliseconds. */
  readonly expires: number
}

/** Tokens that an isolate remembers as good. */
const KEPT = 100

/**
 * Makes and reads the tokens by which an account's owner has its APIs explain themselves: clients of an API have its
 * key, and must not learn more than its answers by that.
 */
export class ExplainTokens {
  readonly #secrets: Pick<Secrets, 'seal' | 'open'>
  readonly #directory: Pick<Directory, 'get'>
  readonly #clock: Clock
  readonly #known = new Map<string, Content & { readonly account: string }>()

  constructor(secrets: Pick<Secrets, 'seal' | 'open'>, directory: Pick<Directory, 'get'>, clock: Clock) {
    this.#secrets = secrets
    this.#directory = directory
    this.#clock = clock
  }

  async give({ id, region }: Account): Promise<{ readonly token: string; readonly expires: number }> {
    const content: Content = { schema: 1, region, expires: this.#clock() + EXPLAIN_TOKEN_MS }
    return { token: await sealToken(this.#secrets, id, PURPOSE, content), expires: content.expires }
  }

  /** Whether a token is one of the account's, and still good. */
  async isOf(token: string, account: Account): Promise<boolean> {
    const said = this.#known.get(token) ?? (await this.#open(token, account))
    if (!said || said.expires <= this.#clock()) return false
    return said.account === account.id && said.region === account.region
  }

  async #open(token: string, { id }: Account): Promise<(Content & { account: string }) | undefined> {
    const sealer = sealerOf(token)
    if (sealer?.account !== id) return undefined
    const keys = await this.#directory.get('', 'account', id)
    if (!keys || !hasSealer(keys, sealer)) return undefined
    const opened = await openToken(this.#secrets, PURPOSE, token)
    if (!opened) return undefined
    const said = { ...(opened.content as Content), account: opened.account }
    keepLatest(this.#known, token, said, KEPT)
    return said
  }
}
