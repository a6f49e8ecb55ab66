import { comparePositions, type GroupEvent, type Position } from './kept-event.ts'

export type Direction = 'forward' | 'backward'

export const orderOf =
  (direction: Direction) =>
  (one: Position, other: Position): number =>
    direction === 'forward' ? comparePositions(one, other) : comparePositions(other, one)

/** Several sources, each in order, as one. Reads of each no more than the next part. */
export async function* mergeOrdered(
  sources: readonly AsyncIterator<GroupEvent[]>[],
  direction: Direction,
): AsyncGenerator<GroupEvent[]> {
  const compare = orderOf(direction)
  let parts = sources.map(source => ({ source, events: [] as GroupEvent[] }))
  try {
    for (;;) {
      await Promise.all(
        parts.map(async part => {
          while (part.events.length === 0) {
            const { done, value } = await part.source.next()
            if (done) return
            part.events = value
          }
        }),
      )
      parts = parts.filter(({ events }) => events.length > 0)
      if (parts.length <= 1) break
      // Up to the end of the part that ends first, all that comes before it is here.
      const end = parts.map(({ events }) => events.at(-1)!).reduce((a, b) => (compare(a, b) <= 0 ? a : b))
      const ready: GroupEvent[] = []
      for (const part of parts) {
        const cut = countUntil(part.events, event => compare(event, end) > 0)
        ready.push(...part.events.slice(0, cut))
        part.events = part.events.slice(cut)
      }
      yield ready.sort(compare)
    }
    const [last] = parts
    if (!last) return
    yield last.events
    for (let next = await last.source.next(); !next.done; next = await last.source.next()) yield next.value
  } finally {
    // Whoever asks may stop early.
    await Promise.all(sources.map(source => source.return?.()))
  }
}

/** Of a list whose items are first those that are not, then those that are: how many are not. */
export function countUntil<T>(items: readonly T[], is: (item: T) => boolean): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (is(items[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
