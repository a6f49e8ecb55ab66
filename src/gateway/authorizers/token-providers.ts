import type { Directory } from '../../identity/directory.ts'
import type { PublishedPool, PublishedProvider } from '../../identity/published.ts'
import { poolKeySet } from '../../identity/tokens/key-set.ts'
import type { IssuedToken, VerifyIssuedToken } from '../../identity/tokens/verify-issued-token.ts'
import { verifyToken } from '../../identity/tokens/verify-token.ts'
import type { Account } from '../../lib/account.ts'
import { partsOfArn } from '../../lib/arn.ts'
import type { KnownToken, VerifiedTokens } from './verified-tokens.ts'

/** What authorizers that take tokens stand on. */
export interface Tokens {
  /** Who issues tokens; see {@link Directory}. */
  readonly directory: Pick<Directory, 'get'>
  readonly verifyIssued: VerifyIssuedToken
  readonly verified: VerifiedTokens
}

/** A provider as it is published now; the same object for as long as nothing has changed. */
export interface Standing {
  /** Milliseconds for which a verified token is believed without its keys being looked at again. */
  readonly believedFor: number
  verify(token: string, tokens: Tokens, now: number): Promise<IssuedToken>
  /** Whether a verified token is one to call a method with. */
  accepts(token: KnownToken, isScoped: boolean): boolean
}

/** Whose tokens an authorizer takes. */
export interface TokenProvider {
  readonly arn: string
  /** Whether tokens that name the issuer may be its. */
  mayIssue(issuer: string): boolean
  /** Undefined where there is no such provider (any more). A promise only when what is known of it is too old. */
  standing(tokens: Tokens, account: Account): Standing | undefined | Promise<Standing | undefined>
}

/** A user pool, of whatever account. */
class UserPool implements TokenProvider {
  readonly arn: string
  readonly #id: string
  readonly #account: string
  readonly #region: string

  constructor(arn: string, id: string) {
    const { account, region } = partsOfArn(arn)
    this.arn = arn
    this.#id = id
    this.#account = account
    this.#region = region
  }

  mayIssue(issuer: string): boolean {
    return issuer.endsWith(`/${this.#id}`)
  }

  standing({ directory }: Tokens): Standing | undefined | Promise<Standing | undefined> {
    const published = directory.get(this.#account, 'pool', this.#id)
    return published instanceof Promise ? published.then(pool => this.#of(pool)) : this.#of(published)
  }

  #of(pool: PublishedPool | undefined): Standing | undefined {
    if (pool?.account !== this.#account || pool.region !== this.#region) return undefined
    return remembered(pool, () => ({
      // What is published of it would be another object if its keys were others.
      believedFor: Number.POSITIVE_INFINITY,
      verify: (token, _, now) => verifyToken(token, poolKeySet(pool), { issuer: pool.issuer, now }),
      // "When the method scope is configured, the client must provide an access token instead of an identity token".
      accepts: ({ use }, isScoped) => use === (isScoped ? 'access' : 'id'),
    }))
  }
}

/** Its keys may be withdrawn without anybody here being told. */
const BELIEVED_FOR_MS = 5 * 60_000

/** An OpenID Connect provider of IAM: Weir's own addition, so that tokens of any issuer may guard a REST API. */
class OpenIdProvider implements TokenProvider {
  readonly arn: string
  readonly #name: string
  readonly #account: string

  constructor(arn: string, name: string) {
    this.arn = arn
    this.#name = name
    this.#account = partsOfArn(arn).account
  }

  mayIssue(issuer: string): boolean {
    return issuer.replace(/^https?:\/\//, '') === this.#name
  }

  /** Whom an account trusts is for that account's APIs alone. */
  standing({ directory }: Tokens, account: Account): Standing | undefined | Promise<Standing | undefined> {
    if (account.id !== this.#account) return undefined
    const published = directory.get(this.#account, 'provider', this.#name)
    return published instanceof Promise ? published.then(found => this.#of(found)) : this.#of(published)
  }

  #of(provider: PublishedProvider | undefined): Standing | undefined {
    if (!provider) return undefined
    return remembered(provider, () => ({
      believedFor: BELIEVED_FOR_MS,
      verify: (token, { verifyIssued }, now) => verifyIssued(token, { issuer: provider.url, now }),
      accepts: ({ audiences }) => audiences.some(audience => provider.clientIds.includes(audience)),
    }))
  }
}

/** One for all authorizers that name the provider: a token that one of them verified is known to the others. */
const standings = new WeakMap<object, Standing>()

function remembered(published: object, make: () => Standing): Standing {
  let standing = standings.get(published)
  if (!standing) {
    standing = make()
    standings.set(published, standing)
  }
  return standing
}

/** By the service and the kind of resource that a provider's ARN names. */
const KINDS: ReadonlyArray<readonly [RegExp, (arn: string, name: string) => TokenProvider]> = [
  [/^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool\/([\w-]+)$/, (arn, id) => new UserPool(arn, id)],
  [/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/(\S+)$/, (arn, name) => new OpenIdProvider(arn, name)],
]

/** What an authorizer's `providerARNs` name; undefined for what is neither a user pool nor an OpenID provider. */
export function tokenProvider(arn: string): TokenProvider | undefined {
  for (const [pattern, make] of KINDS) {
    const name = pattern.exec(arn)?.[1]
    if (name !== undefined) return make(arn, name)
  }
  return undefined
}
