import type { KeptMessage } from '../../../../src/identity/user-pools/messages/outbox.ts'
import { ORIGIN, send } from './cognito-harness.ts'

/** An address that nobody else's test writes to. */
export const newAddress = (): string => `u${crypto.randomUUID().slice(0, 8)}@example.com`

/** What was written to an address, the newest first. */
export async function messagesTo(address: string): Promise<KeptMessage[]> {
  const response = await send(`${ORIGIN}/_weir/outbox?to=${encodeURIComponent(address)}`)
  return ((await response.json()) as { messages: KeptMessage[] }).messages
}

/** The code, or the temporary password, that was sent there last. */
export async function codeTo(address: string): Promise<string> {
  const [message] = await messagesTo(address)
  if (!message) throw new Error(`nothing was sent to ${address}`)
  return message.secret
}
