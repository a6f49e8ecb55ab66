import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countHops } from '../../src/functions/count-hops.ts'

const ROOT = '1-5759e988-bd862e3fe1be46a994272793'
const newRoot = () => ROOT

describe('the lineage of a chain of calls', () => {
  test('begins with the first function', () => {
    expect(countHops(undefined, '0123abcd', newRoot)).toEqual({
      header: `Root=${ROOT};Lineage=0123abcd:1`,
      hops: 0,
    })
  })

  test('keeps root, parent and sampling as they are', () => {
    const { header } = countHops(
      `Root=1-aa-bb;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=0123abcd:1`,
      'ffffffff',
      newRoot,
    )
    expect(header).toBe('Root=1-aa-bb;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=0123abcd:1|ffffffff:1')
  })

  test('is added to what a gateway began', () => {
    const header = 'Root=1-6b0398ff-e2f5147dc795458bbf7563e8;Parent=bf7563e8cd5a6cc7;Sampled=0'
    expect(countHops(header, '0123abcd', newRoot)).toEqual({
      header: `${header};Lineage=0123abcd:1`,
      hops: 0,
    })
  })

  test('counts a function that comes again', () => {
    let header: string | undefined
    for (let hops = 0; hops < 20; hops++) {
      const called = countHops(header, '0123abcd', newRoot)
      expect(called.hops).toBe(hops)
      header = countHops(called.header, 'ffffffff', newRoot).header
    }
  })

  test('is read from whatever somebody wrote', () => {
    fc.assert(
      fc.property(fc.string(), header => {
        const called = countHops(header, '0123abcd', newRoot)
        expect(called.hops).toBeGreaterThanOrEqual(0)
        expect(countHops(called.header, '0123abcd', newRoot).hops).toBe(called.hops + 1)
      }),
    )
  })

  test('stays short however long the chain is', () => {
    let header: string | undefined
    for (let i = 0; i < 200; i++) {
      header = countHops(header, i.toString(16).padStart(8, '0'), newRoot).header
    }
    expect(header!.length).toBeLessThan(500)
  })

  test('is one, however many a caller sends', () => {
    let header: string | undefined = `Root=1-aa-bb;${'Lineage=0123abcd:1;'.repeat(20)}`
    for (let hops = 1; hops < 5; hops++) {
      const called = countHops(header, '0123abcd', newRoot)
      expect(called).toEqual({ header: `Root=1-aa-bb;Lineage=0123abcd:${hops + 1}`, hops })
      header = called.header
    }
  })
})
