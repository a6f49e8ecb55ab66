import { OwedReturns } from '../owed-returns.ts'
import type { RelayAddress } from './relay-address.ts'

/** For how long a relay that did not answer is passed by, milliseconds: its meter's own object is asked meanwhile. */
const PASSED_BY_MS = 5_000
/** Relays that are not asked any more and are remembered for what they are owed. */
const MOST_LEFT = 8

/** An object that decides for a meter, its own or a relay of it, as an isolate knows it. */
export class Route {
  /** Absent: the meter's own object. */
  readonly relay: RelayAddress | undefined
  readonly owed = new OwedReturns()
  /** Round trip to it, milliseconds; 0 before the first one. */
  rtt = 0

  constructor(relay?: RelayAddress) {
    this.relay = relay
  }
}

/** Which object an isolate asks for one meter. What another one granted goes back to that one. */
export class Routes {
  readonly #root = new Route()
  readonly #left: Route[] = []
  #relay: Route | undefined
  #passByUntil = 0

  /** By the isolate's clock. */
  at(now: number): Route {
    const isPassedBy = now < this.#passByUntil && now >= this.#passByUntil - PASSED_BY_MS
    return isPassedBy ? this.#root : (this.#relay ?? this.#root)
  }

  /** What the last answer said: which relay is to be asked from now on; undefined: none. */
  follow(address: RelayAddress | undefined): void {
    const { relay } = this.#relay ?? this.#root
    if (relay?.place === address?.place && relay?.number === address?.number) return
    // Leases from it may still be in use, and give back to it when they end.
    if (this.#relay) this.#left.push(this.#relay)
    if (this.#left.length > MOST_LEFT) this.#left.shift()
    this.#relay = address && new Route(address)
  }

  /** A call of this one was lost. Returns whether there is another that can be asked instead. */
  lost(route: Route, now: number): boolean {
    if (route.relay) this.#passByUntil = now + PASSED_BY_MS
    return route.relay !== undefined
  }

  /** Whether one is owed something that is not asked now. */
  owesElsewhere(now: number): boolean {
    const asked = this.at(now)
    return this.owed.some(route => route !== asked)
  }

  /** Those that are owed something. */
  get owed(): Route[] {
    const all = [this.#root, ...this.#left]
    if (this.#relay) all.push(this.#relay)
    return all.filter(route => route.owed.size > 0)
  }
}
