import type { Directory } from '../../../identity/directory.ts'
import { providerArn } from '../../../identity/iam-records.ts'
import { issuingPool } from '../../../identity/tokens/verify-issued-token.ts'

/** Whose tokens an account takes for somebody's identity. */
export interface IdentityProvider {
  /** As trust policies name it under `Federated`. */
  readonly arn: string
  /** What condition keys begin with: the issuer without its scheme. */
  readonly name: string
  /** Whom its tokens have to be meant for; absent: anybody. */
  readonly audiences?: readonly string[]
}

/** Undefined for an issuer that the account has nothing to do with. */
export type FindIdentityProvider = (account: string, issuer: string) => Promise<IdentityProvider | undefined>

/**
 * An account takes the tokens of the OpenID Connect providers that it has created in IAM, and those of its own user
 * pools: these need no provider, since it is Weir itself that says who their users are.
 */
export const identityProviders =
  (directory: Pick<Directory, 'get'>): FindIdentityProvider =>
  async (account, issuer) => {
    const name = issuer.replace(/^https?:\/\//, '')
    const provider = { arn: providerArn(account, name), name }
    const created = await directory.get(account, 'provider', name)
    if (created && created.url === issuer) return { ...provider, audiences: created.clientIds }
    const pool = await issuingPool(directory, issuer)
    return pool?.account === account ? provider : undefined
  }
