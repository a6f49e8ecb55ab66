import { fromBase64, toBase64 } from '../../../lib/base64.ts'
import { hex } from '../../../lib/hash.ts'
import { isJsonObject } from '../../../lib/json-object.ts'
import { randomBytes } from '../../../lib/random.ts'
import { invalidParameter, invalidSession, missing, resetRequired, wrongCredentials } from '../refusals.ts'
import { madeUpUser } from '../users/made-up-users.ts'
import { nameKeyOf } from '../users/names-of-user.ts'
import { storedPassword } from '../users/passwords-of-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import { attempting } from './attempts-guard.ts'
import type { CustomRound } from './custom-challenges.ts'
import { openText, sealText } from './sealed-texts.ts'
import type { SignInContext } from './sign-in-context.ts'
import {
  isSrpTimestamp,
  readPublicNumber,
  srpClaimHolds,
  srpPoolName,
  srpScrambler,
  srpServerNumber,
} from './srp.ts'
import type { Step } from './steps.ts'
import { checkSecretHash, type Named, namesOf } from './who-signs-in.ts'

/** What SECRET_BLOCK holds, for nobody but this pool to read. Numbers are hexadecimal. */
interface SecretBlock {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly until: number
  /** As it was sent, and as SRP hashes it. */
  readonly name: string
  readonly username: string
  /** 1 where there is such a user, otherwise 0: as long in both cases, for the length of the block is to be seen. */
  readonly isThere: 0 | 1
  /** Key of the user; where there is none, one that is as long as a user's. */
  readonly key: string
  readonly A: string
  readonly u: string
  readonly b: string
  /** Of a sign-in that the pool's functions decide: what came before. */
  readonly rounds?: readonly CustomRound[]
}

/** "This challenge must be responded to within a few seconds" was never less than sessions' own time. */
const VALID_MS = 3 * 60_000

/**
 * The challenge to show by SRP that one knows the password. Nothing is stored: what the server has to remember is in
 * SECRET_BLOCK. For a user who does not exist it looks the same, and nobody can meet it.
 */
export async function srpChallenge(
  context: SignInContext,
  named: Named,
  SRP_A: string | undefined,
  rounds?: readonly CustomRound[],
): Promise<Step> {
  if (SRP_A === undefined) throw missing('SRP_A')
  const A = readPublicNumber(SRP_A)
  if (A === undefined) throw invalidParameter('Invalid SRP_A')
  const { stored } = named
  const password = stored && (await storedPassword(context.secrets, context.found, stored.user))
  if (stored?.user.status === 'RESET_REQUIRED' && !password) throw resetRequired()
  const madeUp = await madeUpUser(context.secrets, context.found, named.name)
  const { salt, verifier } = password ?? madeUp
  const username = stored?.user.username ?? madeUp.username
  const b = hex(randomBytes(32))
  const B = await srpServerNumber(verifier, b)
  const block: SecretBlock = {
    id: crypto.randomUUID(),
    until: context.now + VALID_MS,
    name: named.name,
    username,
    isThere: stored ? 1 : 0,
    key: stored?.key ?? nameKeyOf(context.found.pool.doc, username),
    A: A.toString(16),
    u: await srpScrambler(A, B),
    b,
    ...(rounds && { rounds }),
  }
  const text = await sealText(context.secrets, context.found, 'secret block', block)
  return {
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeParameters: {
      SALT: salt,
      SECRET_BLOCK: toBase64(new TextEncoder().encode(text)),
      SRP_B: B,
      USERNAME: username,
      USER_ID_FOR_SRP: username,
    },
  }
}

/** Who has shown that they know the password. */
export interface Proven {
  readonly stored: StoredUser
  /** Of a sign-in that the pool's functions decide. */
  readonly rounds?: readonly CustomRound[] | undefined
}

/** Throws a refusal for an answer that does not meet {@link srpChallenge}, or that met it before. */
export async function answerSrp(
  context: SignInContext,
  responses: Readonly<Record<string, string>>,
): Promise<Proven> {
  const { env, found, now, address } = context
  const claim = readClaim(responses)
  const { USERNAME: name } = responses
  if (name === undefined) throw missing('USERNAME')
  const block = await openBlock(context, claim.secretBlock)
  if (!block || block.until <= now) throw wrongCredentials()
  const known = await new PoolUsers(env.DB, found).get(block.key)
  const stored = block.isThere ? known : undefined
  const names = [block.name, block.username, ...namesOf(stored)]
  if (!names.includes(name)) throw wrongCredentials()
  await checkSecretHash(context, names, responses.SECRET_HASH)
  const user = block.isThere ? block.key : nameKeyOf(found.pool.doc, block.name)
  const at = { pool: found.pool.id, what: 'password', user, address } as const
  return attempting(env, at, async attempt => {
    const password = stored && (await storedPassword(context.secrets, context.found, stored.user))
    // As much work for a user who does not exist.
    const { verifier } = password ?? (await madeUpUser(context.secrets, found, block.name))
    const who = { poolName: srpPoolName(found.pool.id), username: block.username }
    const [A, u, b, v] = [block.A, block.u, block.b, verifier].map(text => BigInt(`0x${text}`))
    const holds = await srpClaimHolds(who, { A: A!, u: u!, b: b!, verifier: v! }, claim)
    if (!stored || !password || !holds) {
      await attempt.ended('wrong')
      throw wrongCredentials()
    }
    if (!(await attempt.ended('right', { [`srp ${block.id}`]: block.until }))) throw invalidSession()
    return { stored, rounds: block.rounds }
  })
}

function readClaim(responses: Readonly<Record<string, string>>) {
  const { PASSWORD_CLAIM_SECRET_BLOCK: block, PASSWORD_CLAIM_SIGNATURE: signature, TIMESTAMP } = responses
  if (block === undefined) throw missing('PASSWORD_CLAIM_SECRET_BLOCK')
  if (signature === undefined) throw missing('PASSWORD_CLAIM_SIGNATURE')
  if (TIMESTAMP === undefined) throw missing('TIMESTAMP')
  if (!isSrpTimestamp(TIMESTAMP)) {
    throw invalidParameter('TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.')
  }
  try {
    return { secretBlock: fromBase64(block), signature: fromBase64(signature), timestamp: TIMESTAMP }
  } catch {
    throw wrongCredentials()
  }
}

async function openBlock(
  { secrets, found }: SignInContext,
  bytes: Uint8Array,
): Promise<SecretBlock | undefined> {
  const value = await openText(secrets, found, 'secret block', new TextDecoder().decode(bytes))
  return isJsonObject(value) ? (value as unknown as SecretBlock) : undefined
}
