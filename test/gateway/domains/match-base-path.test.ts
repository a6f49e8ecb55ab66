import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DomainMapping, matchBasePath } from '../../../src/gateway/domains/match-base-path.ts'

const mappings = (...basePaths: string[]): DomainMapping[] =>
  basePaths.map((basePath, i) => ({ basePath, apiId: `api${i}`, stage: 'prod' }))

const matched = (path: string, ...basePaths: string[]) => {
  const found = matchBasePath(mappings(...basePaths), path)
  return found && [found.mapping.basePath, found.rest]
}

describe('a base path', () => {
  test.each([
    ['/v1/pets/4', ['v1'], ['v1', '/pets/4']],
    ['/v1', ['v1'], ['v1', '']],
    ['/v1/', ['v1'], ['v1', '/']],
    ['/v1//pets', ['v1'], ['v1', '//pets']],
    ['//v1/pets', ['v1'], ['v1', '/pets']],
    ['/%761/a%2Fb', ['v1'], ['v1', '/a%2Fb']],
    ['/pets', ['', 'v1'], ['', '/pets']],
    ['', [''], ['', '']],
    ['/orders/v1/x', ['orders', 'orders/v1', ''], ['orders/v1', '/x']],
    ['/orders/v2/x', ['orders', 'orders/v1', ''], ['orders', '/v2/x']],
  ])('takes %s with %j', (path, basePaths, expected) => {
    expect(matched(path, ...basePaths)).toEqual(expected)
  })

  test.each([
    ['/v10/pets', 'v1'],
    ['/V1/pets', 'v1'],
    ['/pets', 'v1'],
    ['/', 'v1'],
    ['', 'v1'],
    ['/a//b', 'a/b'],
    ['/a%2Fb', 'a/b'],
  ])('%s is not below %s', (path, basePath) => {
    expect(matched(path, basePath)).toBeUndefined()
  })

  test('that is found is the one that a comparison part by part finds', () => {
    const part = fc.constantFrom('a', 'b', 'ab', 'v1', 'v2')
    const basePath = fc.array(part, { maxLength: 4 }).map(parts => parts.join('/'))
    const path = fc
      .array(fc.oneof(part, fc.constant('')), { maxLength: 6 })
      .map(parts => `/${parts.join('/')}`)
    fc.assert(
      fc.property(fc.uniqueArray(basePath, { maxLength: 8 }), path, (basePaths, asked) => {
        const found = matched(asked, ...basePaths)
        expect(found?.[0]).toBe(longestByParts(basePaths, asked))
        if (found) expect(asked.endsWith(found[1]!)).toBe(true)
        if (found?.[1]) expect(found[1][0]).toBe('/')
      }),
    )
  })
})

/** Every base path whose parts the path begins with, the one of most parts first. */
function longestByParts(basePaths: readonly string[], path: string): string | undefined {
  const asked = path.replace(/^\/+/, '').split('/')
  const partsOf = (basePath: string) => (basePath === '' ? [] : basePath.split('/'))
  return basePaths
    .filter(basePath => partsOf(basePath).every((part, i) => asked[i] === part))
    .sort((a, b) => partsOf(b).length - partsOf(a).length)[0]
}
