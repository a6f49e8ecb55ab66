import { expect, test } from 'vitest'
import { holdAgainst } from './hold-against.ts'
import { KINDS, SOURCES } from './recorded-case.ts'
import { CASES } from './recorded-cases.ts'

test('there are enough cases, and at least four of each kind', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60)
  for (const kind of KINDS)
    expect(CASES.filter(each => each.kind === kind).length, kind).toBeGreaterThanOrEqual(4)
  const names = CASES.map(({ kind, name }) => `${kind}: ${name}`)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

test.each(CASES.map(each => [each.kind, each.name, SOURCES[each.source], each] as const))(
  '%s: %s (%s)',
  (_kind, _name, _source, recorded) => holdAgainst(recorded),
)
