import { lowerFirst } from './show-value.ts'

/** Structures, lists and maps that may stand in one another; a reader of ours stops here, not at the stack's end. */
export const MAX_DEPTH = 512

const KEY_LENGTH = 1024

/** Where in the input a walk is. Steps are kept apart and joined only when somebody asks. */
export class Path {
  readonly #steps: string[] = []
  #depth = 0

  get isTooDeep(): boolean {
    return this.#depth > MAX_DEPTH
  }

  /** Into a member; elements of a collection are the members `1.member`, `2.member`, ... or `key.member`. */
  enter(name: string): void {
    this.#depth++
    this.#steps.push(lowerFirst(name))
  }

  enterElement(index: number): void {
    this.#depth++
    this.#steps.push(String(index + 1), 'member')
  }

  enterEntry(key: string): void {
    this.#depth++
    this.#steps.push(key.length > KEY_LENGTH ? `${key.slice(0, KEY_LENGTH)}...` : key, 'member')
  }

  leave(): void {
    this.#depth--
    this.#steps.pop()
  }

  leaveElement(): void {
    this.#steps.pop()
    this.leave()
  }

  toString(): string {
    return this.#steps.join('.')
  }
}
