import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RouteTable } from '../../src/gateway/route-table.ts'

const table = (...paths: string[]) => new RouteTable(paths.map(path => [path, path] as const))

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
    expect(api.match(path)).toEqual({ value, parameters })
  })

  test.each([
    // "/{proxy+} refers to any resources under the root resource except for the /parent[/*] resources"
    '/pets/4/toys',
    '/pets/mine/toys/ball',
    '/pets//toys/x',
    '/files',
    '/files/',
    '/parent/x',
  ])('%s has no resource', path => {
    expect(api.match(path)).toBeUndefined()
  })
})

test('a greedy resource does not stand for its parent', () => {
  expect(table('/{proxy+}').match('/')).toBeUndefined()
})

test('variables may have any name', () => {
  const match = table('/{__proto__}/{constructor}').match('/a/b')
  expect(JSON.stringify(match?.parameters)).toBe('{"__proto__":"a","constructor":"b"}')
})

/** Says the same of a list of paths, level by level, without any tree. */
function naiveMatch(paths: string[], path: string) {
  const parts = path.replace(/^\/+|\/+$/g, '').split('/')
  const sent = parts.length === 1 && parts[0] === '' ? [] : parts
  let left = paths.map(value => ({ value, parts: value.split('/').filter(part => part !== '') }))
  const parameters: Record<string, string> = {}
  for (const [level, part] of sent.entries()) {
    const literal = left.filter(route => route.parts[level] === part)
    const variable = left.filter(route => /^\{[^+]*\}$/.test(route.parts[level] ?? ''))
    const greedy = left.filter(route => (route.parts[level] ?? '').endsWith('+}'))
    if (literal.length > 0) {
      left = literal
    } else if (variable.length > 0 && part !== '') {
      parameters[variable[0]!.parts[level]!.slice(1, -1)] = part
      left = variable
    } else if (greedy.length > 0) {
      parameters[greedy[0]!.parts[level]!.slice(1, -2)] = sent.slice(level).join('/')
      return { value: greedy[0]!.value, parameters }
    } else {
      return undefined
    }
  }
  const found = left.find(route => route.parts.length === sent.length)
  return found && { value: found.value, parameters: Object.keys(parameters).length > 0 ? parameters : null }
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
      expect(table(...paths).match(path)).toEqual(naiveMatch(paths, path))
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
