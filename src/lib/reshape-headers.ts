import type { HeaderList } from './header-list.ts'

/** What becomes of a header that a back end answers with. */
type HeaderFate = 'drop' | 'remap'

/** By lower-case name; a header without an entry passes through. */
export type HeaderFates = ReadonlyMap<string, HeaderFate>

/** Headers of a single connection (RFC 9110, 7.6.1): they say nothing about the client's. */
export const HOP_BY_HOP = [
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
].concat(['transfer-encoding', 'upgrade'])

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** No control characters but the tab (RFC 9110, 5.5): a line break would end the header. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/

/** Headers for the client; undefined when one of them cannot be sent. */
export function reshapeHeaders(
  headers: HeaderList,
  fate: HeaderFates,
): Array<readonly [name: string, value: string]> | undefined {
  const reshaped: Array<readonly [string, string]> = []
  for (const header of headers) {
    const [name, value] = header
    if (!NAME.test(name) || FORBIDDEN_IN_VALUE.test(value)) return undefined
    switch (fate.get(name.toLowerCase())) {
      case undefined:
        reshaped.push(header)
        break
      case 'remap':
        reshaped.push([`x-amzn-Remapped-${name}`, value])
        break
      case 'drop':
    }
  }
  return reshaped
}

/** A table of fates from names by fate. */
export function fates(names: Readonly<Record<HeaderFate, readonly string[]>>): HeaderFates {
  return new Map([
    ...names.drop.map(name => [name, 'drop'] as const),
    ...names.remap.map(name => [name, 'remap'] as const),
  ])
}
