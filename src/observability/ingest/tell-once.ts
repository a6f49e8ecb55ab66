import type { Batch, Taken } from './batch.ts'

/**
 * Hands something to the object of a name on behalf of a caller who waits for it: once this returns, it is written down.
 * Sent again once where the answer was lost; the object knows it by its number then.
 */
export async function tellOnce<T>(
  object: string,
  items: readonly T[],
  send: (object: string, batch: Batch<T>) => Promise<Taken>,
): Promise<void> {
  const batch: Batch<T> = { sender: crypto.randomUUID(), number: 1, items }
  try {
    await send(object, batch)
  } catch {
    await send(object, batch)
  }
}
