import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTraceHeader, readTraceParent, traceHeader, traceParent } from '../../src/lib/trace-context.ts'

const root = '1-67891233-abcdef012345678912345678'
const parent = '463ac35c9f6413ad'

describe('X-Amzn-Trace-Id', () => {
  it.each([
    [`Root=${root}`, { root }],
    [`Root=${root};Parent=${parent};Sampled=1`, { root, parent, sampled: true }],
    [`Self=1-0-0; Root=${root} ; Sampled=0;Lineage=a:1`, { root, sampled: false }],
    [`Root=${root};Sampled=?`, { root }],
    ['Root=nonsense', undefined],
    ['', undefined],
  ])('is read from %j', (header, context) => {
    expect(readTraceHeader(header)).toEqual(context)
  })

  it('is written as it is read', () => {
    for (const context of [{ root }, { root, parent, sampled: true }, { root, parent, sampled: false }]) {
      expect(readTraceHeader(traceHeader(context))).toEqual(context)
    }
  })
})

describe("W3C's traceparent", () => {
  const w3c = '00-67891233abcdef012345678912345678-463ac35c9f6413ad-01'

  it('names the trace that X-Ray names, and is written as it was read', () => {
    const context = readTraceParent(w3c)!
    expect(context).toEqual({ root, parent, sampled: true })
    expect(traceParent(context, parent)).toBe(w3c)
  })

  it.each([
    w3c.replace(/^00/, 'ff'),
    w3c.toUpperCase(),
    '00-00000000000000000000000000000000-463ac35c9f6413ad-01',
    '00-67891233abcdef012345678912345678-0000000000000000-01',
    w3c.slice(0, -1),
  ])('is none in %j', header => {
    expect(readTraceParent(header)).toBeUndefined()
  })
})

it('takes whatever a client sends', () => {
  assert(
    property(string(), header => {
      readTraceHeader(header)
      readTraceParent(header)
    }),
  )
})
