import type { Env } from '../src/env.ts'
import {
  type CustomDomain,
  type DomainDirectory,
  type ListedDomain,
  withDomain,
} from '../src/gateway/domains/directory.ts'
import type { PointerReply } from '../src/pointers/pointer-cache.ts'
import { PointerObject } from './pointer-object.ts'

const GENERATION = 'generation'
const PREFIX = 'domain:'

/**
 * All custom domain names, and what they lead to. Document: `DomainDirectory`. There is one object, for all accounts;
 * it keeps each name in a value of its own, as all of them may be more than one value holds.
 */
export class DomainRouter extends PointerObject {
  #directory: DomainDirectory
  /** Of the directory as a whole; 0 before the first name. */
  #generation: number
  #text: string

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const listed = [...ctx.storage.kv.list<ListedDomain>({ prefix: PREFIX })]
    const domains = listed.map(([key, domain]) => [key.slice(PREFIX.length), domain] as const)
    this.#directory = { schema: 1, domains: Object.fromEntries(domains) }
    this.#generation = ctx.storage.kv.get<number>(GENERATION) ?? 0
    this.#text = JSON.stringify(this.#directory)
  }

  override read(knownGeneration: number | undefined): PointerReply<string> {
    const generation = this.#generation
    if (generation === 0) return { missing: true }
    return generation === knownGeneration ? { generation, unchanged: true } : { generation, doc: this.#text }
  }

  /** `domain` null: the name was given up. A generation of the name that is not newer changes nothing. */
  publish(name: string, generation: number, domain: CustomDomain | null): void {
    const before = this.#directory
    const after = withDomain(before, name, generation, domain, Date.now())
    if (!after) return
    const { kv } = this.ctx.storage
    kv.put(PREFIX + name, after.domains[name])
    for (const old of Object.keys(before.domains)) if (!(old in after.domains)) kv.delete(PREFIX + old)
    this.#generation += 1
    kv.put(GENERATION, this.#generation)
    this.#directory = after
    this.#text = JSON.stringify(after)
  }
}
