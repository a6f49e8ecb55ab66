import { describe, expect, it } from 'vitest'
import {
  GRACE_MS,
  judgeEnded,
  judgeHung,
  Reputation,
  type Running,
  suspects,
} from '../../cli/functions/judge-calls.ts'

const one = (code: string, at: number, seconds = 3): Running => ({ code, at, due: at + seconds * 1000 })

/** As in a process that was last heard of at `heard`. */
const hung = (running: Running[], heard: number, now: number) =>
  judgeHung(running, suspects(running, heard, new Reputation()), now)

const ended = (running: Running[], reputation: Reputation) =>
  judgeEnded(running, suspects(running, 5000, reputation), 'killed', reputation)

/** What became of each, by its code. */
const cuts = ({ cut }: ReturnType<typeof judgeHung>) =>
  Object.fromEntries([...cut].map(([{ code }, { reason }]) => [code, reason]))

function knownAsGood(...functions: Running[]): Reputation {
  const reputation = new Reputation()
  for (const known of functions) reputation.wentWell(known)
  return reputation
}

describe('of the functions in a process that does not answer', () => {
  it('the one that got its event last is suspected', () => {
    const [early, late] = [one('early', 0), one('late', 1000)]
    expect(suspects([early, late], 1000, new Reputation())).toEqual([late])
  })

  it('the one that is not known is suspected before one whose calls went well', () => {
    const [unknown, known] = [one('unknown', 1000), one('known', 1001)]
    expect(suspects([unknown, known], 1001, knownAsGood(known))).toEqual([unknown])
  })

  it('one that had waited before is suspected when those that came later are known', () => {
    const [waited, known] = [one('waited', 0), one('known', 2000)]
    expect(suspects([waited, known], 2000, knownAsGood(known))).toEqual([waited])
  })

  it('none has to give way before the time of the one that holds the processor is over', () => {
    const holder = one('holder', 1000, 60)
    expect(hung([one('other', 0, 60), holder], 1000, 30_000)).toEqual({
      end: false,
      cut: new Map(),
    })
  })

  it('one that could not go on is told to try again when its time is over, and the holder goes on', () => {
    const [starved, holder] = [one('starved', 0), one('holder', 1000, 60)]
    const judgement = hung([starved, holder], 1000, 3000 + GRACE_MS)
    expect(judgement.end).toBe(false)
    expect(cuts(judgement)).toEqual({ starved: 'interrupted' })
  })

  it('the holder has run out of time, and the others are told to try again', () => {
    const [other, holder] = [one('other', 0, 60), one('holder', 1000)]
    const judgement = hung([other, holder], 1000, 4000 + GRACE_MS)
    expect(judgement.end).toBe(true)
    expect(cuts(judgement)).toEqual({ other: 'interrupted', holder: 'time-out' })
  })

  it('if it could be one of several, the first whose time is over has run out of it, and the others are told to try again', () => {
    const both = [one('short', 0), one('long', 0, 10)]
    expect(hung(both, 2000, 2999 + GRACE_MS)).toEqual({ end: false, cut: new Map() })
    const judgement = hung(both, 2000, 3000 + GRACE_MS)
    expect([judgement.end, cuts(judgement)]).toEqual([true, { short: 'time-out', long: 'interrupted' }])
  })
})

describe('of the functions in a process that took too much memory', () => {
  it('the only one is told how it ended', () => {
    const judgement = ended([one('only', 0)], new Reputation())
    expect([...judgement.cut.values()]).toEqual([{ reason: 'exit', signal: 'killed' }])
  })

  it('the one that is not known is blamed', () => {
    const [taker, known] = [one('taker', 0), one('known', 0)]
    expect(cuts(ended([taker, known], knownAsGood(known)))).toEqual({
      taker: 'exit',
      known: 'interrupted',
    })
  })

  it('none of several that are equally known is blamed, until one of them is there again', () => {
    const [taker, other] = [one('taker', 0), one('other', 0)]
    const reputation = knownAsGood(taker, other)
    const first = ended([taker, other], reputation)
    expect(cuts(first)).toEqual({ taker: 'interrupted', other: 'interrupted' })
    for (const present of first.cut.keys()) reputation.suspect(present)
    reputation.wentWell(other)
    expect(cuts(ended([taker, other], reputation))).toEqual({
      taker: 'exit',
      other: 'interrupted',
    })
  })

  it('nothing is said of one that does nothing', () => {
    expect(ended([], new Reputation()).cut.size).toBe(0)
  })
})
