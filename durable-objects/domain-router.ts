import { type CustomDomain, type DomainDirectory, withDomain } from '../src/gateway/domains/directory.ts'
import { PointerObject } from './pointer-object.ts'

/** All custom domain names, and what they lead to. Document: `DomainDirectory`. There is one object, for all accounts. */
export class DomainRouter extends PointerObject {
  /** `domain` null: the name was given up. A generation of the name that is not newer changes nothing. */
  publish(name: string, generation: number, domain: CustomDomain | null): void {
    const known = this.read(undefined)
    const before = 'doc' in known ? (JSON.parse(known.doc) as DomainDirectory) : undefined
    const after = withDomain(before, name, generation, domain, Date.now())
    if (after) this.write('generation' in known ? known.generation + 1 : 1, JSON.stringify(after))
  }
}
