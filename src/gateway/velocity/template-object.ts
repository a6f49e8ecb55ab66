/**
 * Something that the gateway gives to templates beside plain JSON: only what is named here can be read or called.
 */
export abstract class TemplateObject {
  /** What `$object.name` gives; undefined for a name that is none. */
  property(_name: string): unknown {
    return undefined
  }

  /** What `$object.name(...)` gives; undefined for a name that is none, or an answer that is nothing. */
  call(_name: string, _args: readonly unknown[]): unknown {
    return undefined
  }

  toString(): string {
    return ''
  }
}
