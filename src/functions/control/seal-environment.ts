import { aesKey, decrypt, encrypt } from '../../encryption/aes.ts'
import { readBlob } from '../../encryption/kms/ciphertext.ts'
import type { KeyPlace } from '../../encryption/kms/key-records.ts'
import { decryptUnder, encryptUnder } from '../../encryption/kms/use-key.ts'
import { secretsOf } from '../../encryption/secrets.ts'
import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { functionArn } from '../../lib/arn.ts'
import { fromBase64, toBase64 } from '../../lib/base64.ts'
import { KeyUnusable } from '../key-unusable.ts'
import type { SealedEnvironment } from '../manifest.ts'
import { functionKey } from './function-key.ts'

/** Whose variables they are: another function cannot decrypt them as its own. */
export interface Owner {
  readonly account: Account
  readonly name: string
  readonly uid: string
}

type Variables = Readonly<Record<string, string>>

/**
 * Encrypts variables for storage: under the account's data key, or under one that only a KMS key decrypts.
 *
 * @param key of KMS, which was found to be usable
 */
export async function sealEnvironment(
  env: Env,
  owner: Owner,
  variables: Variables,
  key?: KeyPlace,
): Promise<SealedEnvironment> {
  const { account, uid } = owner
  const text = JSON.stringify(variables)
  if (!key) return secretsOf(env).seal(account.id, purposeOf(uid), text)
  const published = await functionKey(env, key)
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const [blob, sealed] = await Promise.all([
    encryptUnder(env, key, published, raw, contextOf(owner)),
    encrypt(await aesKey(raw), purposeOf(uid), new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>),
  ])
  return { ...sealed, kms: toBase64(blob) }
}

/**
 * Throws {@link KeyUnusable} when a KMS key stands in the way.
 *
 * @param role ARN of the role that a function is about to run in; absent: its owner wants to see them
 */
export async function openEnvironment(
  env: Env,
  owner: Owner,
  sealed: SealedEnvironment,
  role?: string,
): Promise<Record<string, string>> {
  return JSON.parse(await openText(env, owner, sealed, role))
}

async function openText(
  env: Env,
  owner: Owner,
  sealed: SealedEnvironment,
  role: string | undefined,
): Promise<string> {
  const { account, uid } = owner
  const secrets = secretsOf(env)
  if (sealed.kms === undefined) {
    // Releases before data keys bound them to the function alone.
    return sealed.key === undefined
      ? secrets.openEarlier(account.id, uid, sealed)
      : secrets.open(account.id, purposeOf(uid), sealed)
  }
  const blob = readBlob(fromBase64(sealed.kms))
  if (!blob) throw new Error(`the data key of function ${owner.name} cannot be read`)
  const key = { account: { id: blob.account, region: blob.region }, id: blob.id }
  const published = await functionKey(env, key, role === undefined ? undefined : { ...owner, role })
  const raw = await decryptUnder(env, key, published, blob, contextOf(owner))
  if (!raw) throw new KeyUnusable('KMSAccessDeniedException')
  return new TextDecoder().decode(await decrypt(await aesKey(raw), purposeOf(uid), sealed))
}

const purposeOf = (uid: string): string => `environment of function ${uid}`

/** https://docs.aws.amazon.com/kms/latest/developerguide/services-lambda.html */
const contextOf = ({ account, name }: Owner) => ({ 'aws:lambda:FunctionArn': functionArn(account, name) })

/** Whether two sealed environments hold the same variables; equal ones are sealed differently each time. */
export async function sameEnvironment(
  env: Env,
  owner: Owner,
  one: SealedEnvironment | undefined,
  other: SealedEnvironment | undefined,
): Promise<boolean> {
  if (!one || !other) return one === other
  if (one.iv === other.iv && one.data === other.data) return true
  return sameVariables(await openEnvironment(env, owner, one), await openEnvironment(env, owner, other))
}

export function sameVariables(one: Variables, other: Variables): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(name => Object.hasOwn(other, name) && one[name] === other[name])
  )
}
