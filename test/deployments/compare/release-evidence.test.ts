import { expect, test } from 'vitest'
import { ReleaseEvidence } from '../../../src/deployments/compare/release-evidence.ts'
import type { FeedBatch, FeedTelling } from '../../../src/deployments/feed/feed-batch.ts'
import { NO_COUNTS } from '../../../src/deployments/feed/version-counts.ts'

const SETTINGS = { falseAlarmRate: 0.01, metrics: ['errors'] } as const

const evidence = () => new ReleaseEvidence('d-1', SETTINGS, ['f:live'])

const batch = (
  sender: string,
  old: number,
  fresh: number,
  errors = 0,
  more: Partial<FeedTelling> = {},
): FeedBatch => ({
  protocol: 1,
  sender,
  tellings: [
    {
      deployment: 'd-1',
      target: 'f:live',
      baseline: { ...NO_COUNTS, calls: old },
      canary: { ...NO_COUNTS, calls: fresh, errors },
      warmed: 0,
      ...more,
    },
  ],
})

const totals = (of: ReleaseEvidence) => {
  const { baseline, canary } = of.verdict().totals[0]!
  return [baseline.calls, canary.calls, canary.errors]
}

test('what isolates have counted in all is taken once, however often and in whatever order they say it', () => {
  const release = evidence()
  release.tell(batch('one', 10, 1), 'on', 0)
  release.tell(batch('two', 5, 2, 1), 'on', 0)
  release.tell(batch('one', 30, 4, 1), 'on', 0)
  release.tell(batch('one', 30, 4, 1), 'on', 0)
  release.tell(batch('one', 20, 2), 'on', 0)
  expect(totals(release)).toEqual([35, 6, 2])
})

test('isolates are told of deployments that are over, and which one goes back', () => {
  const release = evidence()
  expect(release.tell(batch('one', 1, 0), 'on', 0)).toEqual({ everyMs: 1_000 })
  expect(release.tell(batch('one', 2, 0), 'back', 0)).toEqual({ everyMs: 1_000, back: ['d-1'] })
  expect(release.tell(batch('one', 3, 0), 'over', 0)).toEqual({ everyMs: 1_000, over: ['d-1'] })
  const former = batch('one', 9, 9, 9, { deployment: 'd-0' })
  expect(release.tell(former, 'on', 0)).toEqual({ everyMs: 1_000, over: ['d-0'] })
  expect(totals(release)).toEqual([3, 0, 0])
})

test('many isolates speak less often, until they fall silent', () => {
  const release = evidence()
  let reply = release.tell(batch('0', 1, 0), 'on', 0)
  for (let i = 1; i < 200; i += 1) reply = release.tell(batch(String(i), 1, 0), 'on', 0)
  expect(reply.everyMs).toBe(4_000)
  expect(release.tell(batch('0', 2, 0), 'on', 61_000).everyMs).toBe(1_000)
})

test('what was saved goes on where it was, and isolates that repeat themselves are known again', () => {
  const before = evidence()
  before.tell(batch('one', 100, 10, 1), 'on', 0)
  const after = new ReleaseEvidence('d-1', SETTINGS, ['f:live'], JSON.parse(JSON.stringify(before.state())))
  after.tell(batch('one', 100, 10, 1), 'on', 0)
  expect(totals(after)).toEqual([100, 10, 1])
  after.tell(batch('one', 110, 12, 2), 'on', 0)
  expect(totals(after)).toEqual([110, 12, 2])
})

test('isolates that were loaded in advance are still counted after what was saved is read again', () => {
  const before = evidence()
  before.tell(batch('one', 0, 0, 0, { warmed: 2 }), 'on', 0)
  const after = new ReleaseEvidence('d-1', SETTINGS, ['f:live'], before.state())
  after.tell(batch('one', 0, 0, 0, { warmed: 2 }), 'on', 0)
  after.tell(batch('two', 0, 0, 0, { warmed: 3 }), 'on', 0)
  expect(after.warmed).toBe(5)
})

test('without what was saved, isolates say again all that they have counted', () => {
  const again = evidence()
  again.tell(batch('one', 110, 12, 2), 'on', 0)
  expect(totals(again)).toEqual([110, 12, 2])
})

test('a neighbouring release of Weir that says it otherwise is not understood', () => {
  expect(() => evidence().tell({ ...batch('one', 1, 0), protocol: 2 as 1 }, 'on', 0)).toThrow('protocol 2')
})
