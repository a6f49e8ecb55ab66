import { type Env, isLocal } from '../../../env.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { FoundPool } from '../find-pool.ts'
import { putInOutbox } from './outbox.ts'
import type { Medium, MessageKind, MessageText } from './write-message.ts'

/** A message on its way to a user. */
export interface OutgoingMessage extends MessageText {
  readonly kind: MessageKind
  readonly medium: Medium
  readonly to: string
  /** Of the user. */
  readonly username: string
  /** The code or the temporary password in it, as tests want it. Nowhere but in a local outbox. */
  readonly secret: string
}

/** How messages of user pools reach their users. */
export interface Messenger {
  /** Whether messages of a pool can be sent this way at all. */
  canSend(found: FoundPool, medium: Medium): boolean
  /** Throws a CodeDeliveryFailureException when it cannot be sent. */
  send(found: FoundPool, message: OutgoingMessage): Promise<void>
}

/** The address that mails of a pool come from: its owner's, or the operator's. */
const senderOf = (env: Env, { pool }: FoundPool): string | undefined =>
  pool.doc.settings.EmailConfiguration?.From ?? env.WEIR_EMAIL_FROM

/**
 * E-mail goes out through the binding `EMAIL` where there is one and a sender is known. A Weir in development keeps
 * every message in its outbox, too. There is no binding for text messages, so a deployed Weir sends none.
 *
 * @param print shows a line to whoever develops
 */
export function messengerOf(env: Env, print: (line: string) => void, now: () => number): Messenger {
  const canMail = (found: FoundPool) => env.EMAIL !== undefined && senderOf(env, found) !== undefined
  return {
    canSend: (found, medium) => isLocal(env) || (medium === 'EMAIL' && canMail(found)),
    async send(found, message) {
      if (isLocal(env)) {
        const { account, pool } = found
        await putInOutbox(env.DB, { ...message, account: account.id, pool: pool.id, sent: now() })
        print(lineOf(message))
      }
      if (message.medium === 'EMAIL' && canMail(found)) await mail(env, found, message)
      else if (!isLocal(env)) throw undeliverable(message.medium)
    },
  }
}

async function mail(env: Env, found: FoundPool, { to, subject, body }: OutgoingMessage): Promise<void> {
  const { ReplyToEmailAddress } = found.pool.doc.settings.EmailConfiguration ?? {}
  try {
    await env.EMAIL!.send({
      from: addressOf(senderOf(env, found)!),
      to,
      subject,
      html: body,
      ...(ReplyToEmailAddress ? { replyTo: ReplyToEmailAddress } : {}),
    })
  } catch (cause) {
    throw new Refusal('CodeDeliveryFailureException', 'The e-mail could not be handed over.', { cause })
  }
}

/** `Weir <weir@example.com>`, as settings may say it, or the address alone. */
function addressOf(sender: string): string | { name: string; email: string } {
  const [, name, email] = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(sender) ?? []
  return email === undefined ? sender : { name: name ?? '', email }
}

export const undeliverable = (medium: Medium): Refusal =>
  new Refusal(
    'CodeDeliveryFailureException',
    medium === 'EMAIL'
      ? 'This Weir sends no e-mail: it has no binding EMAIL, or no sender is set.'
      : 'This Weir sends no text messages.',
  )

function lineOf({ medium, to, subject, body }: OutgoingMessage): string {
  const text = medium === 'EMAIL' ? `mail to ${to} | ${subject} | ${body}` : `text message to ${to} | ${body}`
  return text.replace(/\s+/g, ' ').trim()
}
