import { ownField } from '../../lib/fields.ts'
import { TemplateObject } from './template-object.ts'

/** `$foreach` */
export class Loop extends TemplateObject {
  readonly #members: Readonly<Record<string, unknown>>
  isStopped = false

  constructor(index: number, length: number, parent: unknown) {
    super()
    const outer = parent instanceof Loop ? parent : undefined
    this.#members = {
      index,
      count: index + 1,
      hasNext: index + 1 < length,
      first: index === 0,
      last: index + 1 === length,
      parent: outer,
      topmost: outer?.property('topmost') ?? this,
    }
  }

  override property(name: string): unknown {
    return ownField(this.#members, name)
  }

  override call(name: string): unknown {
    if (name === 'stop') this.isStopped = true
    const [, getter] = /^(?:get|is)([A-Z]\w*)$/.exec(name) ?? []
    return this.property(getter === undefined ? name : getter[0]!.toLowerCase() + getter.slice(1))
  }
}
