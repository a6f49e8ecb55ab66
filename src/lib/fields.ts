/** Values by names that a client or an API's owner chose. */
export type Fields = Record<string, string>

/** Assigns without ever reaching a prototype: `__proto__` is a name like others. */
export function setField<T>(fields: Record<string, T>, name: string, value: NoInfer<T>): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
  else fields[name] = value
}

/** The own property of this name: `constructor` and the like are nobody's stage, header or parameter. */
export function ownField<T>(fields: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

/** A path part's value. What is not valid percent-encoded UTF-8 stays as it was sent. */
export function decodeSegment(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
