import type { Secrets } from './encryption/secrets.ts'
import type { Directory } from './identity/directory.ts'
import { hasSealer, openToken, sealerOf, sealToken } from './identity/sealed-token.ts'
import type { Account } from './lib/account.ts'
import type { Clock } from './lib/clock.ts'
import { REFUSED } from './protection/stranger-guard.ts'
import { modify } from './records/modify.ts'
import { kind, type Records } from './records/records.ts'

const PURPOSE = 'scrape token'

/** Which tokens are good: those that were given since the last time that all were taken back. */
const scrapeTokens = kind<{ readonly generation: number }>('scrape-tokens')

const KEY = { parent: '', id: 'all' }

interface Content {
  readonly schema: 1
  readonly region: string
  readonly generation: number
  /** Epoch milliseconds. */
  readonly expires: number
}

export interface ScrapeTokensOptions {
  readonly secrets: Pick<Secrets, 'seal' | 'open'>
  readonly directory: Pick<Directory, 'find'>
  readonly records: (account: Account) => Records
  readonly clock: Clock
}

/** Tokens by which an account's metrics are read by whoever collects them, and nothing else. */
export class ScrapeTokens {
  readonly #options: ScrapeTokensOptions

  constructor(options: ScrapeTokensOptions) {
    this.#options = options
  }

  /** @param lifeMs how long it is good for, unless all are taken back before */
  async give(
    account: Account,
    lifeMs: number,
  ): Promise<{ readonly token: string; readonly expires: number }> {
    const { secrets, clock } = this.#options
    const expires = clock() + lifeMs
    const generation = await this.#generationOf(account)
    const content: Content = { schema: 1, region: account.region, generation, expires }
    return { token: await sealToken(secrets, account.id, PURPOSE, content), expires }
  }

  /** From now on no token that was given before is good. */
  takeBack(account: Account): Promise<void> {
    const records = this.#options.records(account)
    return modify(async () => {
      const stored = await records.get(scrapeTokens, KEY.parent, KEY.id)
      const change = records.change()
      if (stored) change.replace(scrapeTokens, stored, { generation: stored.doc.generation + 1 })
      else change.create(scrapeTokens, KEY, { generation: 1 })
      await change.commit()
    })
  }

  /**
   * Whose metrics a token lets read; undefined where it lets read none.
   *
   * @param from the client's address
   */
  async accountOf(token: string, from: string): Promise<Account | undefined> {
    const { secrets, directory, clock } = this.#options
    const sealer = sealerOf(token)
    const keys = sealer && (await directory.find('', 'account', sealer.account, from))
    if (!keys || keys === REFUSED || !hasSealer(keys, sealer)) return undefined
    const opened = await openToken(secrets, PURPOSE, token)
    if (!opened) return undefined
    const { region, generation, expires } = opened.content as Content
    const account = { id: opened.account, region }
    return expires > clock() && generation === (await this.#generationOf(account)) ? account : undefined
  }

  async #generationOf(account: Account): Promise<number> {
    const stored = await this.#options.records(account).get(scrapeTokens, KEY.parent, KEY.id)
    return stored?.doc.generation ?? 0
  }
}
