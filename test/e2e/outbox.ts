import type { Weir } from './server.ts'

/** The codes, or the temporary passwords, that an address was sent, the newest first. */
export async function codesTo({ url }: Weir, address: string): Promise<string[]> {
  const response = await fetch(`${url}/_weir/outbox?to=${encodeURIComponent(address)}`)
  const { messages } = (await response.json()) as { messages: { secret: string }[] }
  return messages.map(({ secret }) => secret)
}

/** What it was sent last. */
export const codeTo = async (weir: Weir, address: string): Promise<string> =>
  (await codesTo(weir, address))[0]!
