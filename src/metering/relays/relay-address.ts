import { fnv1a } from '../../lib/hash.ts'

/** Where relays can stand: the platform's location hints, without the halves of Asia. */
export const PLACES = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const

export type Place = (typeof PLACES)[number]

/** One of the relays of a meter object: the `number`-th in a place, from 0 on. */
export interface RelayAddress {
  readonly place: Place
  readonly number: number
}

/** The name of a relay's object: that of the meter's own, and where the relay stands. */
export const relayName = (meter: string, { place, number }: RelayAddress): string =>
  `${meter}~${place}~${number}`

/** What {@link relayName} was made of; undefined for any other name. */
export function parseRelayName(name: string): { meter: string; address: RelayAddress } | undefined {
  const parts = /^(.+)~([a-z]+)~(\d+)$/s.exec(name)
  if (!parts || !isPlace(parts[2])) return undefined
  return { meter: parts[1]!, address: { place: parts[2], number: Number(parts[3]) } }
}

export const isPlace = (place: string | undefined): place is Place => PLACES.some(known => known === place)

/**
 * The relay that an isolate asks where `relays` of them stand in its place; undefined: the meter object itself. When
 * a relay is added, as few isolates as possible change theirs (jump consistent hashing, Lamping and Veach 2014).
 */
export function relayOf(
  isolate: string,
  place: string | undefined,
  relays: number | undefined,
): RelayAddress | undefined {
  if (!relays || !isPlace(place)) return undefined
  const random = sequence(fnv1a(isolate))
  let number = 0
  for (let next = 0; next < relays; next = Math.floor((number + 1) / random())) number = next
  return { place, number }
}

/** Numbers above 0 and up to 1 that follow from the seed (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 2 ** 32
  }
}
