import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'
import type { PointerReply } from '../src/pointers/pointer-cache.ts'

interface State {
  readonly generation: number
  /** JSON, kept as text: it is sent far more often than it is read here. */
  readonly doc: string | null
}

const KEY = 'pointer'

/**
 * One pointer of the data plane: the newest document that the control plane published under a generation that only
 * grows. Writes of an older generation are ignored, so publishing may be repeated and reordered freely.
 */
export abstract class PointerObject extends DurableObject<Env> {
  #state: State

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#state = ctx.storage.kv.get<State>(KEY) ?? { generation: 0, doc: null }
  }

  /** The document, unless it is still of the generation that the caller knows. */
  read(knownGeneration: number | undefined): PointerReply<string> {
    const { generation, doc } = this.#state
    if (generation === 0) return { missing: true }
    if (generation === knownGeneration) return { generation, unchanged: true }
    return doc === null ? { missing: true } : { generation, doc }
  }

  /** `doc` null: what the pointer stood for is deleted. The generation stays, so that a late write cannot revive it. */
  write(generation: number, doc: string | null): void {
    if (generation <= this.#state.generation) return
    this.#state = { generation, doc }
    this.ctx.storage.kv.put(KEY, this.#state)
  }
}
