import { describe, expect, it } from 'vitest'
import { readPosition } from '../../../../src/aws/services/apigateway/pages.ts'
import { readCsv } from '../../../../src/aws/services/apigateway/read-csv.ts'
import { fillDays, UNLIMITED } from '../../../../src/metering/control/read-usage.ts'
import { modify } from '../../../../src/records/modify.ts'
import { writePageMarker } from '../../../../src/records/page-marker.ts'
import { StaleRevision } from '../../../../src/records/records.ts'

describe('positions', () => {
  it('are read by the list they belong to, whatever characters are in them', () => {
    for (const after of ['abc', '', 'ü\u0000💧'])
      expect(readPosition('list', writePageMarker('list', after))).toBe(after)
    expect(readPosition('list', undefined)).toBeUndefined()
    expect(writePageMarker('list', 'ÿÿÿ>>>???')).toMatch(/^[\w-]+$/)
  })

  it('are refused by another list and when made up', () => {
    const foreign = writePageMarker('other', 'abc')
    for (const bad of [foreign, 'abc', '%%%', btoa('null'), btoa('["list",1]'), `${foreign}x`]) {
      expect(() => readPosition('list', bad)).toThrow('Invalid position')
    }
  })
})

describe('CSV', () => {
  it('has a header, quotes, and lines that end either way', () => {
    const rows = readCsv('\uFEFFName,key,"usageplanIds"\r\nfirst, k1 ,"p1,p2"\n"say ""hi""",k2,\n\n')
    expect(rows?.map(row => Object.fromEntries(row))).toEqual([
      { name: 'first', key: 'k1', usageplanids: 'p1,p2' },
      { name: 'say "hi"', key: 'k2', usageplanids: '' },
    ])
  })

  it('keeps line ends within quotes, and refuses quotes that do not match', () => {
    expect(readCsv('a\n"x\ny"')?.[0]?.get('a')).toBe('x\ny')
    expect(readCsv('a\n"x')).toBeUndefined()
    expect(readCsv('a\nx"y"')).toBeUndefined()
    expect(readCsv('')).toEqual([])
  })
})

describe('days of usage', () => {
  const range = { from: '2026-11-01', firstDay: '2026-11-02', lastDay: '2026-11-05' }

  it('without requests have left what the day before had', () => {
    const rows = [
      { day: '2026-11-01', used: 10, remaining: 90 },
      { day: '2026-11-04', used: 5, remaining: 85 },
    ]
    const quota = { limit: 100, offset: 0, period: 'MONTH' } as const
    expect(fillDays(rows, range, quota)).toEqual([
      [0, 90],
      [0, 90],
      [5, 85],
      [0, 85],
    ])
  })

  it('begin with a whole quota when a period begins', () => {
    const rows = [{ day: '2026-11-03', used: 7, remaining: 3 }]
    const quota = { limit: 10, offset: 0, period: 'DAY' } as const
    expect(fillDays(rows, range, quota)).toEqual([
      [0, 10],
      [7, 3],
      [0, 10],
      [0, 10],
    ])
  })

  it('of a key that nobody used have left what its plan began with, and then what was set', () => {
    const quota = { limit: 100, offset: 10, period: 'MONTH' } as const
    const since = Date.parse('2026-11-03T10:00:00Z')
    const serial = Date.parse('2026-11-04T10:00:00Z')
    const member = { since, extraQuota: { serial, periodStart: '2026-11-01', remaining: 500 } }
    const left = (rows: Parameters<typeof fillDays>[0]) => fillDays(rows, range, quota, member)
    expect(left([])).toEqual([
      [0, 100],
      [0, 90],
      [0, 500],
      [0, 500],
    ])
    expect(left([{ day: '2026-11-03', used: 1, remaining: 7 }]).slice(1)).toEqual([
      [1, 7],
      [0, 7],
      [0, 7],
    ])
    expect(
      fillDays([], { from: '2026-12-01', firstDay: '2026-12-01', lastDay: '2026-12-01' }, quota, member),
    ).toEqual([[0, 100]])
  })

  it('have no end of requests left without a quota', () => {
    const rows = [{ day: '2026-11-03', used: 7, remaining: null }]
    expect(fillDays(rows, range, undefined)[1]).toEqual([7, UNLIMITED])
  })
})

describe('modify', () => {
  const stale = () => Promise.reject(new StaleRevision('changed'))

  it('runs the work again until nobody was faster', async () => {
    let runs = 0
    expect(
      await modify(
        () => (++runs < 5 ? stale() : Promise.resolve(runs)),
        async () => {},
      ),
    ).toBe(5)
  })

  it('gives up in the end, and at once for any other failure', async () => {
    let runs = 0
    const pauses: number[] = []
    await expect(
      modify(
        () => {
          runs++
          return stale()
        },
        async attempt => {
          pauses.push(attempt)
        },
      ),
    ).rejects.toThrow(StaleRevision)
    expect([runs, pauses.length]).toEqual([12, 8])
    runs = 0
    await expect(modify(() => Promise.reject(new Error(`boom ${++runs}`)))).rejects.toThrow('boom 1')
  })
})
