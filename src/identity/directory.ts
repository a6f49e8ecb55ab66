import { type Clock, systemClock } from '../lib/clock.ts'
import { PointerCache } from '../pointers/pointer-cache.ts'
import { type PointerStore, pointerReader } from '../pointers/pointer-store.ts'
import { REFUSED, type StrangerGuard } from '../protection/stranger-guard.ts'
import { identityPointerName, type Published, type PublishedKind } from './published.ts'

export interface DirectoryOptions {
  readonly store: PointerStore
  /** Lets a reading outlive the request that began it. */
  readonly defer: (work: Promise<unknown>) => void
  readonly clock?: Clock
  /** Asked about names that clients choose. */
  readonly strangers?: StrangerGuard | undefined
}

/** Who there is, as one isolate knows it: as fresh as all pointers of the data plane, and kept in memory as they are. */
export class Directory {
  readonly #pointers: PointerCache<Published[PublishedKind]>

  constructor({ store, defer, clock = systemClock, strangers }: DirectoryOptions) {
    this.#pointers = new PointerCache({ read: pointerReader(store), clock, defer, strangers })
  }

  /** Undefined when there is none of the name. The same object for as long as nothing has changed. */
  get<K extends PublishedKind>(
    account: string,
    kind: K,
    name: string,
  ): Published[K] | undefined | Promise<Published[K] | undefined> {
    const pointed = this.#pointers.get(identityPointerName(account, kind, name))
    const docOf = (found: Awaited<typeof pointed>) => found?.doc as Published[K] | undefined
    return pointed instanceof Promise ? pointed.then(docOf) : docOf(pointed)
  }

  /**
   * As {@link get}, of a name that a client has chosen: {@link REFUSED} when it asks for too much that is not known.
   *
   * @param from the client's address; undefined when no client asks
   */
  async find<K extends PublishedKind>(
    account: string,
    kind: K,
    name: string,
    from: string | undefined,
  ): Promise<Published[K] | typeof REFUSED | undefined> {
    const found = await this.#pointers.get(identityPointerName(account, kind, name), from)
    return found === REFUSED ? REFUSED : (found?.doc as Published[K] | undefined)
  }

  /** Whoever changed something through this isolate sees the change at once. */
  forget(account: string, kind: PublishedKind, name: string): void {
    this.#pointers.forget(identityPointerName(account, kind, name))
  }

  clear(): void {
    this.#pointers.clear()
  }
}
