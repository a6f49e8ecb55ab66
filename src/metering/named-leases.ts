/** A lease as a row names it, so that the object's next life knows it by its id. */
export interface NamedLease {
  readonly id: string
  /** By the clock of the life that granted it; with the id it tells it from every other grant. */
  readonly grantedAt: number
  readonly lifeMs: number
  readonly tokens: number
  /** Of those, the ones that still count as out. */
  held: number
}

/** A row names so many; what else is out is a number in it. */
const MOST_NAMED = 16

type Saved = readonly [id: string, grantedAt: number, lifeMs: number, tokens: number, held: number]

/** The leases of a bucket that are out, and which of them the row written last names. */
export class NamedLeases {
  #out: NamedLease[]
  #named: readonly NamedLease[] = []
  /** Tokens that the row counts as out on leases that it does not name. */
  #others: number
  #isDue = false

  /** `saved`: what {@link inRow} said, of a row that counts `held` tokens as out. */
  constructor(saved: string | null | undefined, held: number) {
    const rows = saved ? (JSON.parse(saved) as readonly Saved[]) : []
    this.#out = rows.map(([id, grantedAt, lifeMs, tokens, out]) => ({
      id,
      grantedAt,
      lifeMs,
      tokens,
      held: out,
    }))
    this.#named = this.#out
    this.#others = held - sum(this.#out)
  }

  /** Those that are out. */
  get out(): readonly NamedLease[] {
    return this.#out
  }

  /** `isWorthARow`: the next life has to know it, if there is room for its name. */
  add(lease: NamedLease, isWorthARow: boolean): void {
    this.#forgetOver()
    this.#isDue ||= isWorthARow && this.#out.length < MOST_NAMED
    this.#out.push(lease)
  }

  /**
   * Whether the row written last is true of the `held` tokens that are out: no lease that it does not name is more
   * than it has room for.
   */
  isSaid(held: number): boolean {
    return !this.#isDue && held - sum(this.#named) <= this.#others
  }

  /** What a row says that counts `held` tokens as out until the next one. */
  inRow(held: number): string | null {
    this.#forgetOver()
    this.#isDue = false
    this.#named = this.#out.slice(0, MOST_NAMED)
    this.#others = held - sum(this.#named)
    if (this.#named.length === 0) return null
    const saved = this.#named.map((lease): Saved => {
      const { id, grantedAt, lifeMs, tokens } = lease
      return [id, grantedAt, lifeMs, tokens, lease.held]
    })
    return JSON.stringify(saved)
  }

  #forgetOver(): void {
    this.#out = this.#out.filter(({ held }) => held > 0)
  }
}

const sum = (leases: readonly NamedLease[]): number => leases.reduce((total, { held }) => total + held, 0)
