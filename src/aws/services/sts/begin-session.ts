import { principalTags } from '../../../identity/caller.ts'
import { sessionArn } from '../../../identity/role-session.ts'
import { partsOfArn } from '../../../lib/arn.ts'
import type { Platform } from '../../../platform.ts'
import type { Call } from '../../wire/service.ts'
import { credentialsFor } from './context.ts'
import { packedSize, type SessionTags } from './role-sessions.ts'

/** A session that somebody may begin: everything of it was checked. */
export interface NewSession {
  /** ARN of the role. */
  readonly role: string
  /** `AROA...`, of the role. */
  readonly uid: string
  readonly name: string
  /** Condition keys that it brings along, beside those of every session in a role. */
  readonly keys?: Readonly<Record<string, string | readonly string[]>>
  readonly policies: readonly string[] | undefined
  readonly tags: SessionTags
  readonly sourceIdentity: string | undefined
}

/**
 * What all operations answer that begin a session in a role. Refuses what does not fit into its token.
 *
 * @param seconds until it ends
 */
export async function beginSession(call: Call<Platform>, session: NewSession, seconds: number) {
  const { role, uid, name, keys, policies, tags, sourceIdentity } = session
  const { account } = partsOfArn(role)
  const size = packedSize(policies, tags.tags)
  const arn = sessionArn(account, role, name)
  const id = `${uid}:${name}`
  const caller = {
    account,
    arn,
    role,
    session: {
      ...keys,
      'aws:userid': id,
      ...principalTags(tags.tags),
      ...(sourceIdentity !== undefined && { 'aws:SourceIdentity': sourceIdentity }),
    },
    ...(policies && { sessionPolicies: policies }),
    ...(tags.transitive.length > 0 && { transitiveTags: tags.transitive }),
  }
  return {
    Credentials: await credentialsFor(call, caller, seconds),
    AssumedRoleUser: { AssumedRoleId: id, Arn: arn },
    PackedPolicySize: size,
    SourceIdentity: sourceIdentity,
  }
}
