import { confirmsByLink } from '../../../identity/user-pools/messages/write-message.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { ANONYMOUS, type Call } from '../../wire/service.ts'
import { confirmSignUp } from './confirm-sign-up.ts'
import { findClient } from './context.ts'
import type { CognitoParts } from './parts.ts'
import { tellConfirmed, withClient } from './user-context.ts'

/** What a link to confirm a sign-up says; see `confirmationLink`. */
export interface ConfirmationLink {
  readonly pool: string
  readonly clientId: string
  readonly username: string
  readonly code: string
}

/**
 * Confirms a sign-up by the link that was sent for it. Whoever follows it has no secret of the client's to show: the
 * code says enough. Answers why not, if not.
 */
export async function confirmByLink(
  parts: CognitoParts,
  platform: Platform,
  { pool, clientId, username, code }: ConfirmationLink,
  sourceIp: string,
): Promise<Refusal | undefined> {
  const call: Call<Platform> = {
    operation: 'ConfirmSignUp',
    account: '',
    region: '',
    identity: ANONYMOUS,
    requestId: crypto.randomUUID(),
    sourceIp,
    platform,
  }
  try {
    const found = await findClient(parts, call, clientId)
    // Without links, a client that has a secret shows it to confirm a user.
    if (found.pool.id !== pool || !confirmsByLink(found.pool.doc.settings))
      return new Refusal('ResourceNotFoundException', 'There is no such pool.')
    const context = withClient(parts, call, found, {})
    const stored = await context.users.find(username)
    const confirmed = await confirmSignUp(context, stored, { Username: username, ConfirmationCode: code })
    await tellConfirmed(context, confirmed, 'PostConfirmation_ConfirmSignUp')
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
