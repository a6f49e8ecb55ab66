import { TARGET_CALLS_PER_SECOND } from '../../lib/caller-count.ts'
import type { LeaseRequest } from '../lease-protocol.ts'
import { isPlace } from './relay-address.ts'

/** What a relay serves is planned to be less than the calls a second from which on an object gets relays. */
const CALLS_OF_A_RELAY = 250
const CALLERS_OF_A_RELAY = 100
/** Fewer calls a second than this, from all isolates together and for some time, need no relays. */
const END_CALLS = 200
const END_AFTER_MS = 5_000
/** All relays of a meter call it at most {@link TARGET_CALLS_PER_SECOND} times a second together, each a few times. */
const MOST_IN_A_PLACE = 24

const WINDOW_MS = 1000
/** A relay that was not heard of for so long has ended, or lost its way to the root. */
const RELAY_SILENCE_MS = 3_000

/** The isolates of one place: those that still call the object itself, and what its relays tell. */
interface Crowd {
  current: number
  previous: number
  relays: number
  /** Since when fewer relays would do. */
  tooManySince: number
  readonly behind: Map<string, { callers: number; calls: number; at: number }>
}

/** How many relays a meter object needs, and where. Times are on the object's clock. */
export class RelayCount {
  readonly #crowds = new Map<string, Crowd>()
  #windowEnd = 0
  #current = 0
  #previous = 0
  #calmSince = 0
  #relaying = false

  /** One call came, of an isolate or of a relay. */
  note({ caller, place, behind, callsBehind }: LeaseRequest, now: number): void {
    this.#turn(now)
    if (!isPlace(place)) return
    const crowd = this.#crowdOf(place, now)
    if (behind === undefined) {
      this.#current += 1
      crowd.current += 1
      if (this.#current > TARGET_CALLS_PER_SECOND) this.#relaying = true
    } else {
      crowd.behind.set(caller, { callers: behind, calls: callsBehind ?? 0, at: now })
      // After a restart the relays are still there, and say what is behind them.
      if (!this.#relaying && this.#callsBehind > TARGET_CALLS_PER_SECOND) this.#relaying = true
    }
    // The first of a crowd need not wait for the next look at all of them.
    if (this.#relaying && crowd.relays === 0) crowd.relays = wantedOf(crowd)
  }

  /** How many relays stand in a place; 0: the isolates there call the object itself. */
  at(place: string | undefined): number {
    return this.#relaying && place !== undefined ? (this.#crowds.get(place)?.relays ?? 0) : 0
  }

  /** At which interval each of the relays may call, so that the object is not called too often, milliseconds. */
  get fairIntervalMs(): number {
    let relays = 1
    for (const crowd of this.#crowds.values()) relays += crowd.behind.size
    return Math.ceil((relays * 1000) / TARGET_CALLS_PER_SECOND)
  }

  get #callsBehind(): number {
    let calls = 0
    for (const crowd of this.#crowds.values())
      for (const behind of crowd.behind.values()) calls += behind.calls
    return calls
  }

  /** Once a window: the relays of each place follow what comes from there, up at once and down slowly. */
  #turn(now: number): void {
    if (now < this.#windowEnd) return
    const missedAWindow = now >= this.#windowEnd + WINDOW_MS
    this.#windowEnd = now + WINDOW_MS
    this.#previous = missedAWindow ? 0 : this.#current
    this.#current = 0
    let calls = this.#previous
    for (const [place, crowd] of this.#crowds) {
      crowd.previous = missedAWindow ? 0 : crowd.current
      crowd.current = 0
      for (const [relay, { at }] of crowd.behind) if (now - at > RELAY_SILENCE_MS) crowd.behind.delete(relay)
      if (this.#relaying) follow(crowd, now)
      else if (crowd.previous === 0 && crowd.behind.size === 0) this.#crowds.delete(place)
    }
    calls += this.#callsBehind
    if (calls >= END_CALLS) this.#calmSince = now
    else if (this.#relaying && now - this.#calmSince >= END_AFTER_MS) {
      this.#relaying = false
      for (const crowd of this.#crowds.values()) crowd.relays = 0
    }
  }

  #crowdOf(place: string, now: number): Crowd {
    let crowd = this.#crowds.get(place)
    if (!crowd) {
      crowd = { current: 0, previous: 0, relays: 0, tooManySince: now, behind: new Map() }
      this.#crowds.set(place, crowd)
    }
    return crowd
  }
}

function wantedOf(crowd: Crowd): number {
  let calls = Math.max(crowd.current, crowd.previous)
  let callers = 0
  for (const behind of crowd.behind.values()) {
    calls += behind.calls
    callers += behind.callers
  }
  const wanted = Math.max(calls / CALLS_OF_A_RELAY, callers / CALLERS_OF_A_RELAY)
  return Math.min(MOST_IN_A_PLACE, Math.max(1, Math.ceil(wanted)))
}

function follow(crowd: Crowd, now: number): void {
  const wanted = wantedOf(crowd)
  // Twice as many as are needed are no harm; that they come and go would be.
  if (wanted >= crowd.relays || wanted > crowd.relays / 2) crowd.tooManySince = now
  if (wanted > crowd.relays || now - crowd.tooManySince >= END_AFTER_MS) {
    crowd.relays = wanted
    crowd.tooManySince = now
  }
}
