import { describe, expect, it } from 'vitest'
import {
  applyPatches,
  flag,
  integer,
  listingWording,
  number,
  type Op,
  type PatchTable,
  plainWording,
  stageWording,
} from '../../../../src/aws/services/apigateway/patch.ts'
import { notFound } from '../../../../src/aws/services/apigateway/refusals.ts'

interface Doc {
  readonly name?: string
  readonly on?: boolean
  readonly size?: number
  readonly limits?: { readonly rate?: number }
  readonly variables?: Readonly<Record<string, string>>
}

const table = (wording = plainWording): PatchTable<Doc> => ({
  wording,
  rows: {
    '/name': { ops: ['replace', 'remove'] },
    '/on': { ops: ['replace'], value: flag },
    '/size': { ops: ['replace'], value: integer },
    '/limits': { ops: ['remove'] },
    '/limits/rate': { ops: ['add', 'replace'], value: number },
    '/variables/{name}': { ops: ['add', 'replace', 'remove'], absent: () => notFound('no such variable') },
    '/tree/{path+}/leaf': {
      ops: ['add'],
      apply(draft, { at }) {
        draft.name = at.path
      },
    },
  },
})

const patch = (doc: Doc, ...operations: [op: string, path: string, value?: string][]) =>
  applyPatches(
    table(),
    doc,
    operations.map(([op, path, value]) => ({ op: op as Op, path, value })),
  )

describe('patching a document', () => {
  it('applies operations in their order and leaves the original alone', () => {
    const doc: Doc = { name: 'a', variables: { x: '1' } }
    const after = patch(
      doc,
      ['replace', '/name', 'b'],
      ['add', '/variables/y', '2'],
      ['replace', '/variables/y', '3'],
    )
    expect(after).toEqual({ name: 'b', variables: { x: '1', y: '3' } })
    expect(doc).toEqual({ name: 'a', variables: { x: '1' } })
  })

  it('reads booleans as Java does, and numbers strictly', () => {
    expect(patch({}, ['replace', '/on', 'TRUE'])).toEqual({ on: true })
    expect(patch({}, ['replace', '/on', 'whatever'])).toEqual({ on: false })
    expect(patch({}, ['replace', '/limits/rate', '2.5e1'])).toEqual({ limits: { rate: 25 } })
    for (const bad of ['', '1.5', 'one', '0x10', ' 1', '9'.repeat(30)]) {
      expect(() => patch({}, ['replace', '/size', bad])).toThrow('Must be an integer')
    }
    for (const bad of ['', 'NaN', 'Infinity', '1e999']) {
      expect(() => patch({}, ['replace', '/limits/rate', bad])).toThrow('Must be a number')
    }
  })

  it('decodes ~1 before ~0', () => {
    expect(patch({}, ['add', '/variables/a~1b~0c~01', 'v'])).toEqual({ variables: { 'a/b~c~1': 'v' } })
  })

  it('takes a map away with its last entry', () => {
    expect(patch({ variables: { x: '1' } }, ['remove', '/variables/x'])).toEqual({})
    expect(patch({ limits: { rate: 1 } }, ['remove', '/limits'])).toEqual({})
    expect(patch({ name: 'a' }, ['replace', '/name'])).toEqual({})
  })

  it('keeps names that mean something to JavaScript as plain data', () => {
    const after = patch({}, ['add', '/variables/__proto__', 'v'], ['add', '/variables/constructor', 'w'])
    expect(Object.entries(after.variables ?? {})).toEqual([
      ['__proto__', 'v'],
      ['constructor', 'w'],
    ])
    expect(() => patch({ variables: { x: '1' } }, ['remove', '/variables/toString'])).toThrow(
      'no such variable',
    )
    expect(({} as { v?: string }).v).toBeUndefined()
  })

  it('lets one placeholder take several parts', () => {
    expect(patch({}, ['add', '/tree//a/b/leaf'])).toEqual({ name: '/a/b' })
    expect(patch({}, ['add', '/tree/~1a/leaf'])).toEqual({ name: '/a' })
    expect(() => patch({}, ['add', '/tree/leaf'])).toThrow('Invalid patch path /tree/leaf')
  })

  it('refuses as REST APIs and methods do', () => {
    expect(() => patch({}, ['replace', '/nope', 'x'])).toThrow('Invalid patch path /nope')
    expect(() => patch({}, ['replace', '/variables/a/b', 'x'])).toThrow('Invalid patch path /variables/a/b')
    expect(() => patch({}, ['add', '/size', '1'])).toThrow(
      'Invalid patch operation specified. Must be one of: [replace]',
    )
    expect(() => patch({}, ['move', '/name', '1'])).toThrow('Must be one of: [replace, remove]')
    expect(() => applyPatches(table(), {}, [{ op: 'replace' }])).toThrow('Invalid patch path null')
  })

  it('refuses as resources, keys and plans do', () => {
    const refused = (op: Op, path: string) => () => applyPatches(table(listingWording), {}, [{ op, path }])
    expect(refused('replace', '/id')).toThrow(
      "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/name, /on, /size, /limits/rate, /variables/{name}]",
    )
    expect(refused('test', '/name')).toThrow(
      "Invalid patch path  '/name' specified for op 'test'. Please choose supported operations",
    )
  })

  it('refuses as stages do', () => {
    const refused = (op: Op, path: string) => () => applyPatches(table(stageWording), {}, [{ op, path }])
    expect(refused('replace', '/tags/a')).toThrow(
      'Invalid method setting path: /tags/a. Must be one of: [/name, ',
    )
    expect(refused('remove', '/a/b')).toThrow(
      /^Cannot remove method setting a\/b because there is no method setting for this method $/,
    )
  })

  it('applies nothing when one operation is refused', () => {
    const doc: Doc = { name: 'a' }
    expect(() => patch(doc, ['replace', '/name', 'b'], ['replace', '/nope', 'c'])).toThrow()
    expect(doc).toEqual({ name: 'a' })
  })
})
