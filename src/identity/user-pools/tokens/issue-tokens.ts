import { importJWK, importPKCS8, type JWTPayload, SignJWT } from 'jose'
import type { Secrets } from '../../../encryption/secrets.ts'
import type { Account } from '../../../lib/account.ts'
import type { Stored } from '../../../records/records.ts'
import { POOL_ALGORITHMS } from '../../tokens/key-set.ts'
import { type KeySet, readToken, verifyToken } from '../../tokens/verify-token.ts'
import { poolOfIssuer } from '../pool-issuer.ts'
import { type PoolKeyRecord, type PoolRecord, poolKeyPurpose } from '../pool-records.ts'

/**
 * What tokens of a pool say, beside `iss`: that is the pool's. Times are epoch seconds.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export type Claims = Readonly<Record<string, unknown>> & {
  readonly sub: string
  readonly token_use: 'access' | 'id'
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

/** Keys that one isolate keeps imported: opening and importing one takes longer than signing with it. */
const MOST_KEYS = 500

/**
 * Only finished keys are kept, never promises: on Workers a promise of one request must not be awaited in another.
 * Names of keys are hashes of the keys, so that one never comes to stand for another.
 */
class ImportedKeys {
  readonly #keys = new Map<string, CryptoKey>()

  async of(kid: string, load: () => Promise<CryptoKey>): Promise<CryptoKey> {
    const known = this.#keys.get(kid)
    if (known) return known
    const key = await load()
    const [oldest] = this.#keys.keys()
    if (this.#keys.size >= MOST_KEYS && oldest !== undefined) this.#keys.delete(oldest)
    this.#keys.set(kid, key)
    return key
  }
}

const privateKeys = new ImportedKeys()
const publicKeys = new ImportedKeys()

/** A token of the pool as a JWT: RS256, with the key that signs now. */
export async function signToken(
  secrets: Secrets,
  account: Account,
  pool: Stored<PoolRecord>,
  claims: Claims,
): Promise<string> {
  const key = signingKey(pool.doc)
  const { kid } = key.public
  // By account, too: whoever asks with another account's number must not find the key open.
  const imported = await privateKeys.of(`${account.id} ${kid}`, () => openKey(secrets, account.id, key))
  return new SignJWT({ ...claims, iss: pool.doc.issuer } as JWTPayload)
    .setProtectedHeader({ kid, alg: 'RS256' })
    .sign(imported)
}

function signingKey({ keys }: PoolRecord): PoolKeyRecord {
  const [key] = keys
  if (!key) throw new Error('the pool has no key to sign with')
  return key
}

async function openKey(secrets: Secrets, account: string, key: PoolKeyRecord): Promise<CryptoKey> {
  const pkcs8 = await secrets.open(account, poolKeyPurpose(key.public.kid), key.private)
  const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----`
  return importPKCS8(pem, 'RS256')
}

/**
 * What a token says that this pool signed and that holds; undefined of any other. Whether it was revoked is for the
 * caller to ask.
 *
 * @param now milliseconds since the epoch
 */
export async function verifyOwnToken(
  pool: PoolRecord,
  token: string,
  use: Claims['token_use'],
  now: number,
): Promise<Claims | undefined> {
  const verified = await verifyToken(token, keysOf(pool), { issuer: pool.issuer, now })
  return verified.ok && verified.claims.token_use === use ? (verified.claims as unknown as Claims) : undefined
}

/** Whether nothing is wrong with a token but that its time is over: clients refresh theirs when they hear that. */
export async function isOver(pool: PoolRecord, token: string, now: number): Promise<boolean> {
  const verified = await verifyToken(token, keysOf(pool), { issuer: pool.issuer, now })
  return !verified.ok && verified.reason === 'expired'
}

const keysOf = ({ keys }: PoolRecord): KeySet => ({
  algorithms: POOL_ALGORITHMS,
  key(kid, algorithm) {
    const known = keys.find(key => key.public.kid === kid)
    return known && publicKeys.of(kid, () => importJWK({ ...known.public }, algorithm) as Promise<CryptoKey>)
  },
})

/**
 * The pool that a token says it is of, to find its keys by: nothing of it is proven yet. Undefined for a text that is
 * no token of a user pool.
 */
export function claimedPool(token: string): string | undefined {
  const read = readToken(token)
  if (typeof read === 'string' || typeof read.claims.iss !== 'string') return undefined
  return poolOfIssuer(read.claims.iss)
}
