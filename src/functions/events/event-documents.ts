import { storePages } from '../../lib/store-pages.ts'
import type { QueuedEvent } from './queued-event.ts'

const PREFIX = 'events/'

/** Longer than any event lives: six hours, and the pause before a last try. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/** Where an event's document lies. The store lists by name, so the oldest come first. */
export const eventKey = ({ account, requestId, acceptedAt }: QueuedEvent): string =>
  `${PREFIX}${new Date(acceptedAt).toISOString()}/${account.id}/${requestId}.json`

/** Writes an event's payload, with all that its message says beside it: the one document is enough to send it anew. */
export async function keepEvent(
  store: R2Bucket,
  key: string,
  event: QueuedEvent,
  payload: string | Uint8Array,
): Promise<void> {
  const { payload: _, ...head } = event
  await store.put(key, payload, { customMetadata: { event: JSON.stringify({ ...head, payloadKey: key }) } })
}

export async function keptPayload(store: R2Bucket, key: string | undefined): Promise<string | undefined> {
  const object = key === undefined ? null : await store.get(key)
  return object?.text()
}

/**
 * Every event that was kept before a moment, as it is to be sent again: for a queue that forgets when its process
 * ends, as the local one does.
 */
export async function* keptEvents(store: R2Bucket, before: number): AsyncGenerator<QueuedEvent> {
  for await (const page of storePages(store, PREFIX, ['customMetadata'])) {
    for (const { uploaded, customMetadata } of page) {
      if (uploaded.getTime() >= before || !customMetadata?.event) continue
      yield JSON.parse(customMetadata.event) as QueuedEvent
    }
  }
}

/**
 * Removes documents that no message can lead to any more: of events whose acceptance was cut off, or that were done
 * when the process that did them died. Returns how many.
 */
export async function removeAbandonedEvents(store: R2Bucket, now: number): Promise<number> {
  let removed = 0
  for await (const page of storePages(store, PREFIX)) {
    const abandoned = page.filter(({ uploaded }) => now - uploaded.getTime() > ABANDONED_MS)
    if (abandoned.length === 0) break
    await store.delete(abandoned.map(({ key }) => key))
    removed += abandoned.length
  }
  return removed
}

/** Removes an account's documents, as a reset does. */
export async function removeEventsOf(store: R2Bucket, account: string): Promise<void> {
  for await (const page of storePages(store, PREFIX)) {
    const own = page.filter(({ key }) => key.split('/').includes(account)).map(({ key }) => key)
    if (own.length > 0) await store.delete(own)
  }
}
