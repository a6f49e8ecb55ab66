import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RouteTable } from '../../src/gateway/route-table.ts'

const table = (...paths: string[]) => new RouteTable(paths.map(path => [path, path] as const))
const find = (routes: RouteTable<string>, path: string) => routes.match(path, value => value)

describe('matches as API Gateway does', () => {
  const api = table(
    '/',
    '/pets',
    '/pets/{id}',
    '/pets/mine',
    '/pets/{id}/toys/{toy}',
    '/files/{path+}',
    '/parent',
    '/parent/{child}/{rest+}',
    '/{proxy+}',
  )
  test.each([
    ['', '/', null],
    ['/', '/', null],
    ['//', '/', null],
    ['/pets', '/pets', null],
    ['/pets/', '/pets', null],
    ['//pets', '/pets', null],
    ['/pets/4', '/pets/{id}', { id: '4' }],
    ['/pets/4/', '/pets/{id}', { id: '4' }],
    ['/pets/mine', '/pets/mine', null],
    ['/pets/a%2Fb', '/pets/{id}', { id: 'a%2Fb' }],
    ['/pets/caf%C3%A9', '/pets/{id}', { id: 'caf%C3%A9' }],
    ['/pets/4/toys/ball', '/pets/{id}/toys/{toy}', { id: '4', toy: 'ball' }],
    ['/files/a', '/files/{path+}', { path: 'a' }],
    ['/files/a/b/', '/files/{path+}', { path: 'a/b' }],
    ['/files/a//b', '/files/{path+}', { path: 'a//b' }],
    ['/files//a', '/files/{path+}', { path: '/a' }],
    ['/else', '/{proxy+}', { proxy: 'else' }],
    ['/else/where', '/{proxy+}', { proxy: 'else/where' }],
    ['/Pets', '/{proxy+}', { proxy: 'Pets' }],
    ['/parent/x/y/z', '/parent/{child}/{rest+}', { child: 'x', rest: 'y/z' }],
    // What is written with needless percent-encoding is the same path.
    ['/%70ets', '/pets', null],
    ['/pets/%6dine', '/pets/mine', null],
    ['/%zz', '/{proxy+}', { proxy: '%zz' }],
  ])('%s -> %s', (path, value, parameters) => {
    expect(find(api, path)).toEqual({ value, parameters })
  })

  test.each([
    // Recorded from API Gateway with `/part1/hardcoded-value` and `/{param+}`: what fits no deeper resource is the
    // greedy one's.
    ['/pets/4/toys', 'pets/4/toys'],
    ['/pets/mine/toys/ball/x', 'pets/mine/toys/ball/x'],
    ['/pets//toys/x', 'pets//toys/x'],
    ['/files', 'files'],
    ['/files/', 'files'],
    ['/parent/x', 'parent/x'],
  ])('%s is left to the greedy resource above', (path, proxy) => {
    expect(find(api, path)).toEqual({ value: '/{proxy+}', parameters: { proxy } })
  })

  test('a literal that leads nowhere gives way to a variable', () => {
    expect(find(api, '/pets/mine/toys/ball')).toEqual({
      value: '/pets/{id}/toys/{toy}',
      parameters: { id: 'mine', toy: 'ball' },
    })
  })

  test('a resource that does not serve the request gives way to the next one that fits', () => {
    const serves = (...paths: string[]) =>
      api.match('/pets/mine', path => (paths.includes(path) ? path : undefined))?.value
    expect(serves('/pets/mine', '/pets/{id}', '/{proxy+}')).toBe('/pets/mine')
    expect(serves('/pets/{id}', '/{proxy+}')).toBe('/pets/{id}')
    expect(serves('/{proxy+}')).toBe('/{proxy+}')
    expect(serves('/pets')).toBeUndefined()
  })
})

test('a greedy resource does not stand for its parent', () => {
  expect(find(table('/{proxy+}'), '/')).toBeUndefined()
})

test('variables may have any name', () => {
  const match = find(table('/{__proto__}/{constructor}'), '/a/b')
  expect(JSON.stringify(match?.parameters)).toBe('{"__proto__":"a","constructor":"b"}')
})

/** Says the same of a list of paths without any tree: all that fit, the one that comes first level by level. */
function naiveMatch(paths: string[], path: string) {
  const trimmed = path.replace(/^\/+|\/+$/g, '')
  const sent = trimmed === '' ? [] : trimmed.split('/')
  const fitting = paths.flatMap(value => {
    const parts = value.split('/').filter(part => part !== '')
    const greedy = parts.at(-1)?.endsWith('+}') ? parts.at(-1)! : undefined
    const fixed = greedy ? parts.slice(0, -1) : parts
    if (greedy ? sent.length <= fixed.length : sent.length !== fixed.length) return []
    const kinds = fixed.map((part, level) =>
      part.startsWith('{') ? (sent[level] ? 1 : 3) : part === sent[level] ? 0 : 3,
    )
    if (kinds.includes(3)) return []
    const parameters: Record<string, string> = {}
    fixed.forEach((part, level) => {
      if (part.startsWith('{')) parameters[part.slice(1, -1)] = sent[level]!
    })
    if (greedy) parameters[greedy.slice(1, -2)] = sent.slice(fixed.length).join('/')
    return [{ value, parameters, rank: [...kinds, greedy ? 2 : ''].join('') }]
  })
  fitting.sort((one, other) => (one.rank < other.rank ? -1 : 1))
  const [found] = fitting
  if (!found) return undefined
  return {
    value: found.value,
    parameters: Object.keys(found.parameters).length > 0 ? found.parameters : null,
  }
}

test('never matches another resource than a naive matcher does', () => {
  // Few names, so that paths collide; a variable's name tells its level, as siblings have one variable at most.
  const part = fc.constantFrom('a', 'b', 'c', '{}', '{+}')
  const resourcePath = fc.array(part, { maxLength: 5 }).map(parts => {
    const end = parts.indexOf('{+}')
    const kept = end < 0 ? parts : parts.slice(0, end + 1)
    return `/${kept.map((name, level) => (name === '{}' ? `{v${level}}` : name === '{+}' ? `{g${level}+}` : name)).join('/')}`
  })
  const resources = fc.uniqueArray(resourcePath, { maxLength: 12 }).map(paths =>
    // A greedy variable is the only variable among its siblings.
    paths.filter(path => !path.endsWith('+}') || !paths.some(other => clashes(path, other))),
  )
  const request = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', '', 'a%2Fb', 'é'), { maxLength: 7 })
    .map(parts => `/${parts.join('/')}`)
  fc.assert(
    fc.property(resources, request, (paths, path) => {
      expect(find(table(...paths), path)).toEqual(naiveMatch(paths, path))
    }),
    { numRuns: 3_000 },
  )
})

function clashes(greedy: string, other: string): boolean {
  const level = greedy.split('/').length - 1
  const parts = other.split('/')
  const sameParent = greedy.split('/').slice(0, level).join('/') === parts.slice(0, level).join('/')
  return sameParent && /^\{[^+]*\}$/.test(parts[level] ?? '')
}
