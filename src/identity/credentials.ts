import { type Env, isLocal } from '../env.ts'
import { rootArn } from '../lib/arn.ts'

/** Who an access key belongs to, with the secret that its signatures are checked against. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly account: string
  /** Of the principal: the account's root. */
  readonly arn: string
}

/** Secret of the local credentials. */
const WELL_KNOWN = 'test'

/** The account that the operator's own keys are of. */
export const accountId = (env: Env): string => env.WEIR_ACCOUNT_ID ?? '000000000000'

/**
 * The keys this Weir accepts: the owner's, and in development the local ones. A deployed Weir has no default
 * credentials: without the secret WEIR_ROOT_CREDENTIALS its control plane lets nobody in who has no key of an account,
 * and the pair that everybody knows it refuses even there.
 */
export function credentialsOf(env: Env): ReadonlyMap<string, Credentials> {
  const account = accountId(env)
  const pairs = [
    env.WEIR_ROOT_CREDENTIALS,
    isLocal(env) ? (env.WEIR_LOCAL_CREDENTIALS ?? 'test:test') : undefined,
  ]
  const keys = new Map<string, Credentials>()
  for (const pair of pairs.flatMap(list => list?.split(',') ?? [])) {
    const colon = pair.indexOf(':')
    const accessKeyId = pair.slice(0, colon).trim()
    const secretAccessKey = pair.slice(colon + 1).trim()
    if (colon < 1 || !secretAccessKey) continue
    if (!isLocal(env) && secretAccessKey === WELL_KNOWN) continue
    keys.set(accessKeyId, { accessKeyId, secretAccessKey, account, arn: rootArn(account) })
  }
  return keys
}
