import { describe, expect, it } from 'vitest'
import { arnOf, compositeAlarm, KeptBook, metricAlarm } from './a-book.ts'

function bookOf(...names: string[]): KeptBook {
  const kept = new KeptBook()
  for (const name of names) kept.put(metricAlarm(name))
  kept.takeEffects(0)
  kept.save()
  return kept
}

describe('an alarm', () => {
  it('begins without data, and keeps its state and tags when its definition is replaced', () => {
    const kept = new KeptBook()
    kept.book.put(metricAlarm('a'), { team: 'shop' }, 1_000)
    expect(kept.book.get('a')).toMatchObject({
      state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', since: 1_000 },
      tags: { team: 'shop' },
    })
    kept.set('a', 'ALARM', 2_000)
    kept.book.put(metricAlarm('a', { Threshold: 9 }), { team: 'other' }, 3_000)
    expect(kept.book.get('a')).toMatchObject({
      definition: { Threshold: 9 },
      configured: 3_000,
      state: { value: 'ALARM', since: 2_000 },
      tags: { team: 'shop' },
    })
  })

  it('acts on changes of its state alone', () => {
    const kept = bookOf('a')
    kept.set('a', 'ALARM', 1)
    expect(kept.takeEffects(1)).toEqual(['alarm: a is ALARM'])
    kept.set('a', 'ALARM', 2)
    expect(kept.takeEffects(2)).toEqual([])
    kept.book.enableActions(['a'], false, 3)
    kept.set('a', 'OK', 4)
    expect(kept.takeEffects(4)).toEqual([])
    kept.save()
    expect(kept.history).toEqual([
      'a: Alarm "a" created',
      'a: Alarm updated from INSUFFICIENT_DATA to ALARM',
      'a: Successfully executed action alarm',
      'a: Alarm "a" updated',
      'a: Alarm updated from ALARM to OK',
    ])
  })

  it('takes no finding about a definition that it no longer has', () => {
    const kept = bookOf('a')
    const { configured } = kept.book.get('a')!
    kept.put(metricAlarm('a', { Threshold: 9 }))
    kept.book.found([{ name: 'a', configured, value: 'ALARM', reason: 'old' }], 1)
    expect(kept.stateOf('a')).toBe('INSUFFICIENT_DATA')
    const now = kept.book.get('a')!.configured
    kept.book.found([{ name: 'a', configured: now, value: 'ALARM', reason: 'new' }], 2)
    expect(kept.stateOf('a')).toBe('ALARM')
  })

  it('is not deleted while others need it', () => {
    const kept = bookOf('a', 'b')
    kept.put(compositeAlarm('both', 'ALARM(a) AND ALARM(b)'))
    const removed = (...names: string[]) => kept.book.remove(names, 1)?.message
    expect(removed('a')).toBe('Cannot delete a as there are primary alarm(s) depending on it.')
    expect(removed('both', 'nothing')).toBe('There is no alarm nothing')
    expect(kept.stateOf('both')).toBe('OK')
    expect(removed('a', 'b', 'both')).toBeUndefined()
    expect(kept.book.all()).toEqual([])
    kept.save()
    kept.crash()
    expect(kept.book.all()).toEqual([])
  })
})

describe('composite alarms', () => {
  it('are judged at once, each after all that it stands on', () => {
    const kept = bookOf('a', 'b')
    kept.put(compositeAlarm('either', 'ALARM(a) OR ALARM(b)'))
    // Looked at before `either` was judged, it would be in ALARM for a moment.
    kept.put(compositeAlarm('torn', 'ALARM(a) AND NOT ALARM(either)'))
    kept.put(compositeAlarm('all', 'ALARM(either) OR ALARM(torn)'))
    kept.takeEffects(1)
    kept.set('a', 'ALARM', 2)
    expect(kept.takeEffects(2)).toEqual([
      'alarm: a is ALARM',
      'alarm: all is ALARM',
      'alarm: either is ALARM',
    ])
    expect(kept.book.get('all')!.state.reason).toMatch(/alarm:either transitioned to ALARM at Thursday 01/)
    expect(JSON.parse(kept.book.get('either')!.state.reasonData!)).toEqual({
      triggeringAlarms: [
        {
          arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:a',
          state: { value: 'ALARM', timestamp: '1970-01-01T00:00:00.002+0000' },
        },
      ],
    })
  })

  it('are judged once by everything that one look has found', () => {
    const kept = bookOf('a', 'b')
    kept.put(compositeAlarm('one', 'ALARM(a) AND NOT ALARM(b)'))
    kept.takeEffects(1)
    const finding = (name: string) => {
      const { configured } = kept.book.get(name)!
      return { name, configured, value: 'ALARM' as const, reason: 'found' }
    }
    kept.book.found([finding('a'), finding('b')], 2)
    expect(kept.takeEffects(2)).toEqual(['alarm: a is ALARM', 'alarm: b is ALARM'])
  })

  it('refuse rules on what is not there, and may stand in a circle without end', () => {
    const kept = bookOf('a')
    expect(kept.put(compositeAlarm('c', 'ALARM(a) OR ALARM(z)'))).toBe('There is no alarm z')
    const elsewhere = 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a'
    expect(kept.put(compositeAlarm('c', `ALARM(${elsewhere})`))).toBe(`There is no alarm ${elsewhere}`)
    expect(kept.put(compositeAlarm('c', `ALARM(${arnOf('a')})`))).toBeUndefined()
    expect(kept.put(compositeAlarm('c', 'ALARM(a) OR'))).toMatch(/^Error in AlarmRule at position 11: /)
    expect(kept.put(compositeAlarm('a', 'TRUE'))).toMatch(/exists and is a metric alarm/)
    kept.put(compositeAlarm('x', 'FALSE'))
    kept.put(compositeAlarm('y', 'ALARM(x)'))
    expect(kept.put(compositeAlarm('x', 'NOT ALARM(y) OR ALARM(a)'))).toBeUndefined()
    kept.set('a', 'ALARM', 5)
    expect(kept.book.remove(['x'], 6)?.message).toMatch(/depending on it/)
    kept.put(compositeAlarm('x', 'FALSE'))
    expect(kept.book.remove(['y'], 7)).toBeUndefined()
  })
})

describe('an alarm that suppresses actions', () => {
  const WAIT = {
    ActionsSuppressor: 'quiet',
    ActionsSuppressorWaitPeriod: 2,
    ActionsSuppressorExtensionPeriod: 3,
  }

  function suppressed(): KeptBook {
    const kept = bookOf('a', 'quiet')
    kept.set('a', 'OK', 0)
    kept.set('quiet', 'OK', 0)
    kept.put(compositeAlarm('all', 'ALARM(a)', WAIT))
    kept.book.pass(10_000)
    kept.takeEffects(10_000)
    return kept
  }
  const ofAll = (kept: KeptBook, now: number) => kept.takeEffects(now).filter(text => text.includes('all'))
  const by = (kept: KeptBook) => kept.book.get('all')!.suppression?.by

  it('is waited for, and no longer than that', () => {
    const kept = suppressed()
    kept.set('a', 'ALARM', 20_000)
    expect([by(kept), ofAll(kept, 20_000)]).toEqual(['WaitPeriod', []])
    expect(kept.book.nextPass()).toBe(22_000)
    kept.book.pass(21_999)
    expect(ofAll(kept, 21_999)).toEqual([])
    // Also by another process, which goes on with it.
    kept.save()
    kept.crash()
    kept.book.pass(22_000)
    expect([by(kept), ofAll(kept, 22_000)]).toEqual([undefined, ['alarm: all is ALARM']])
  })

  it('keeps actions back while it is in ALARM, and for some time after it', () => {
    const kept = suppressed()
    kept.set('a', 'ALARM', 20_000)
    kept.set('quiet', 'ALARM', 21_000)
    kept.book.pass(30_000)
    expect([by(kept), ofAll(kept, 30_000)]).toEqual(['Alarm', []])
    kept.set('quiet', 'OK', 40_000)
    expect([by(kept), ofAll(kept, 40_000)]).toEqual(['ExtensionPeriod', []])
    kept.book.pass(43_000)
    expect([by(kept), ofAll(kept, 43_000)]).toEqual([undefined, ['alarm: all is ALARM']])
  })

  it('keeps back what happens in the time after it', () => {
    const kept = suppressed()
    kept.set('quiet', 'ALARM', 20_000)
    kept.set('quiet', 'OK', 21_000)
    kept.set('a', 'ALARM', 22_000)
    expect([by(kept), ofAll(kept, 22_000)]).toEqual(['ExtensionPeriod', []])
    kept.book.pass(24_000)
    expect(ofAll(kept, 24_000)).toEqual(['alarm: all is ALARM'])
  })

  it('keeps for itself what is over when it ends', () => {
    const kept = suppressed()
    kept.set('quiet', 'ALARM', 20_000)
    kept.set('a', 'ALARM', 21_000)
    kept.set('a', 'OK', 22_000)
    kept.set('quiet', 'OK', 23_000)
    kept.book.pass(30_000)
    expect(ofAll(kept, 30_000)).toEqual([])
    expect(kept.stateOf('all')).toBe('OK')
  })
})

describe('what is to be done', () => {
  it('is done after a crash, and in order for each target', () => {
    const kept = bookOf('a')
    kept.book.listen(['a', 'later'], { binding: 'DEPLOYMENT_DRIVER', object: 'driver' })
    kept.set('a', 'ALARM', 1)
    kept.set('a', 'OK', 2)
    kept.put(metricAlarm('later'), 3)
    kept.set('later', 'ALARM', 3)
    kept.save()
    kept.crash()
    const [first] = kept.book.dueEffects(4).filter(({ effect }) => effect.kind === 'listener')
    expect(first!.effect).toMatchObject({ status: { name: 'a', state: 'ALARM', since: 1 } })
    kept.book.effectFailed(first!, '', 'away', 4)
    // The others of this target wait behind it.
    expect(kept.book.dueEffects(5).filter(({ effect }) => effect.kind === 'listener')).toEqual([])
    kept.takeEffects(5)
    expect(kept.book.nextEffect()).toBe(1_004)
    expect(kept.takeEffects(1_004)).toEqual([
      'driver: a is ALARM',
      'driver: a is OK',
      'driver: later is ALARM',
    ])
    kept.save()
    kept.crash()
    expect(kept.book.nextEffect()).toBeUndefined()
    kept.book.listen([], { binding: 'DEPLOYMENT_DRIVER', object: 'driver' })
    kept.set('a', 'ALARM', 2_000)
    expect(kept.takeEffects(2_000)).toEqual(['alarm: a is ALARM'])
  })

  it('is tried again ever more seldom, and given up after a day', () => {
    const kept = bookOf('a')
    kept.set('a', 'ALARM', 0)
    const tries: number[] = []
    for (let now = kept.book.nextEffect(); now !== undefined; now = kept.book.nextEffect()) {
      tries.push(now)
      kept.book.effectFailed(kept.book.dueEffects(now)[0]!, 'said', 'the topic is out of reach', now)
    }
    expect(tries.slice(0, 8)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000])
    expect(tries.at(-1)).toBeGreaterThan(86_400_000)
    kept.save()
    expect(kept.history.at(-1)).toBe('a: Failed to execute action alarm. the topic is out of reach')
  })
})
