import { type AdmittedCaller, ANONYMOUS } from './aws/wire/service.ts'

const ACTIONS: ReadonlySet<string> = new Set(['ConfirmSubscription', 'Unsubscribe'])

/** Whoever follows a link of a notification: nothing is known of them but what the link says. */
export const FOLLOWS_TOPIC_LINK: AdmittedCaller = {
  ok: true,
  identity: ANONYMOUS,
  service: 'sns',
  region: '',
  // A link says which one it is for, but so do headers and bodies that a client may send beside it.
  operations: ACTIONS,
}

/**
 * Whether a request follows a link that a topic's subscriber was sent. What is signed, in a header or in the link itself,
 * is a call of the same operations by somebody.
 */
export function isTopicLink({ headers, url }: Request): boolean {
  const { searchParams: query } = new URL(url)
  return (
    ACTIONS.has(query.get('Action') ?? '') && !headers.has('authorization') && !query.has('X-Amz-Signature')
  )
}
