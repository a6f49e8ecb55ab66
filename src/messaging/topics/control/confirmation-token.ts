import type { Secrets } from '../../../encryption/secrets.ts'
import { hex } from '../../../lib/hash.ts'
import { sameBytes } from '../../../lib/same-bytes.ts'
import { subscriptionArn, type TopicPlace } from '../topic-arn.ts'

type Marks = Pick<Secrets, 'mark'>

const PURPOSE = 'confirmations of subscriptions'

const FORM = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{64})$/

/**
 * What confirms a subscription, known to its endpoint and to nobody else; always the same for one subscription, so that
 * nothing of it is kept.
 */
export async function confirmationToken(secrets: Marks, topic: TopicPlace, id: string): Promise<string> {
  return (
    id.replaceAll('-', '') + hex(await secrets.mark(topic.account.id, PURPOSE, subscriptionArn(topic, id)))
  )
}

/** The id of the subscription that a token confirms; undefined for one that Weir did not give for this topic. */
export async function confirmedBy(
  secrets: Marks,
  topic: TopicPlace,
  token: string,
): Promise<string | undefined> {
  const match = FORM.exec(token)
  if (!match) return undefined
  const id = match.slice(1, 6).join('-')
  const encoder = new TextEncoder()
  const wanted = await confirmationToken(secrets, topic, id)
  return sameBytes(encoder.encode(wanted), encoder.encode(token)) ? id : undefined
}
