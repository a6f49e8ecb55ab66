import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import { objectMark } from '../src/lib/object-marks.ts'
import { type Batch, shardName, shardOf, type Taken } from '../src/observability/ingest/batch.ts'
import { SeenBatches } from '../src/observability/ingest/seen-batches.ts'
import { ShardLoad } from '../src/observability/ingest/shard-load.ts'

const SHARDS = 'shards'
const MARKED = 'marked'

/**
 * One of the objects that share the work of keeping what isolates tell under one name. The first of them knows how many
 * they are, and every one says so in its answers. `T` is what is told.
 */
export abstract class TelemetryObject<T> extends DurableObject<Env> {
  readonly #seen = new SeenBatches()
  readonly #load = new ShardLoad()
  #shards: number
  #isMarked: boolean

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#shards = Math.max(ctx.storage.kv.get<number>(SHARDS) ?? 1, this.#fewest)
    this.#isMarked = ctx.storage.kv.get<boolean>(MARKED) ?? false
  }

  /** Writes items down; an object's answer waits for its writes. */
  protected abstract keep(items: readonly T[]): void | Promise<void>

  /** Removes all that was kept. Tables stay: making them anew takes several times as long. */
  protected abstract clear(): void

  async take(batch: Batch<T>): Promise<Taken> {
    await this.#seen.once(batch, async () => {
      await this.mark()
      await this.keep(batch.items)
    })
    const wanted = this.#load.called(this.#shards, Date.now())
    if (wanted > this.#shards) await this.#widen(wanted)
    return { shards: this.#shards, ...(this.isAwaited && { isAwaited: true }) }
  }

  /** Whether somebody waits for what this object is told. */
  protected get isAwaited(): boolean {
    return false
  }

  /** How many objects share this name's work; asked of the first. */
  shards(): number {
    return this.#shards
  }

  /** Said to the first by another one that has too much to do. */
  widen(shards: number): number {
    if (shards > this.#shards) {
      this.#shards = shards
      this.ctx.storage.kv.put(SHARDS, shards)
    }
    return this.#shards
  }

  /**
   * Says in the store that this object exists; a reset looks there. Names begin with what they keep: `logs/`. The first
   * hears it, too, for it is what readers ask: it may have been forgotten since a sender heard how many there are.
   */
  protected async mark(): Promise<void> {
    if (this.#isMarked) return
    if (this.#fewest > 1) await this.#widen(this.#fewest)
    await this.env.STORE.put(objectMark(this.name), '')
    this.ctx.storage.kv.put(MARKED, true)
    this.#isMarked = true
  }

  /** Forgets everything; only a reset or the removal of an account does this. */
  forget(): Promise<void> {
    // What is told meanwhile waits: its mark must not go with the old one.
    return this.ctx.blockConcurrencyWhile(() => this.forgetAll())
  }

  protected async forgetAll(): Promise<void> {
    this.clear()
    this.ctx.storage.kv.delete(SHARDS)
    this.ctx.storage.kv.delete(MARKED)
    this.#shards = this.#fewest
    this.#isMarked = false
    await Promise.all([this.ctx.storage.deleteAlarm(), this.env.STORE.delete(objectMark(this.name))])
  }

  protected get name(): string {
    const { name } = this.ctx.id
    if (!name) throw new Error('an object that keeps telemetry is addressed by name')
    return name
  }

  /** How many there are at least, as this one's name says. */
  get #fewest(): number {
    return shardOf(this.name).number + 1
  }

  /** The one that knows how many there are; only called of others than the first. */
  protected abstract first(name: string): { widen(shards: number): Promise<number> }

  async #widen(wanted: number): Promise<void> {
    const { root, number } = shardOf(this.name)
    if (number === 0) this.widen(wanted)
    else this.#shards = await this.first(shardName(root, 0)).widen(wanted)
  }
}
