import { describe, expect, it } from 'vitest'
import { isDay } from '../../src/lib/utc-day.ts'

describe('what is a day', () => {
  it('is a text of a day that there is', () => {
    expect(['2026-02-28', '2028-02-29', '1970-01-01', '2026-12-31'].filter(isDay)).toHaveLength(4)
  })

  it('is no other text or value, whatever Date.parse makes of it', () => {
    const others = ['2026-02-30', '2027-02-29', '2026-01-32', '2026-01-00', '2026-13-01', '2026-1-1', '', 7]
    expect(others.filter(isDay)).toEqual([])
  })
})
