import { keyMeterOf, type Setting, simulate } from '../../test/metering/simulator/simulate.ts'
import type { Plot } from '../plot.ts'
import { count, draw, percent, type Row, table } from './report.ts'
import { seen } from './seen.ts'

export async function manyIsolates(): Promise<void> {
  const rows: Row[] = []
  const points: Record<'with' | 'relay' | 'without', [number, number][]> = {
    with: [],
    relay: [],
    without: [],
  }
  for (const isolates of [1, 10, 50, 200, 500, 1_000, 2_000, 5_000]) {
    // Two requests a second of each isolate, at twice the rate: nearly none of them can be admitted from a lease.
    const throttle = { rateLimit: Math.max(10, isolates), burstLimit: Math.max(10, isolates) }
    const setting: Setting = {
      isolates,
      seconds: 12,
      rampMs: 4_000,
      demand: 2 * throttle.rateLimit,
      key: { throttle },
    }
    const result = seen(await simulate(setting), setting, 7_000, 12_000)
    const alone = { ...setting, seconds: 9, relays: 'never' as const }
    const direct = seen(await simulate(alone), alone, 6_000, 9_000)
    points.with.push([isolates, Math.max(1, result.meterPeak)])
    points.without.push([isolates, Math.max(1, direct.meterPeak)])
    if (result.relayPeak > 0) points.relay.push([isolates, result.relayPeak])
    rows.push({
      isolates: count(isolates),
      'rate = burst': count(throttle.rateLimit),
      relays: result.relays,
      'meter, mean': count(result.meterMean),
      'meter, peak': count(result.meterPeak),
      'busiest relay, peak': count(result.relayPeak),
      'meter in the ramp, peak': count(result.rampPeak),
      'without relays, peak': count(direct.meterPeak),
      'admitted share': percent(result.share),
      'over-admission': result.over,
      'first request, p50 / p99': `${count(result.first[0]!)} / ${count(result.first[1]!)} ms`,
    })
  }
  table('Calls a second on one object, one key, demand twice its rate', rows)
  draw('calls-by-isolates', {
    title: 'Calls a second on the busiest object, against isolates on one key',
    x: { label: 'isolates', log: true },
    y: { label: 'calls in the busiest second', log: true },
    limit: { at: 500, label: '500' },
    series: [
      { name: 'the meter', points: points.with },
      { name: 'its busiest relay', points: points.relay },
      { name: 'the meter, if there were no relays', points: points.without },
    ],
  })
}

export async function admittedShares(): Promise<void> {
  const rows: Row[] = []
  const curves = new Map<string, [number, number][]>()
  for (const isolates of [50, 500, 5_000])
    for (const [rateLimit, burstLimit] of [
      [100, 100],
      [100, 200],
      [300, 100],
      [1_000, 500],
      [1_000, 2_000],
      [5_000, 5_000],
    ] as const) {
      const setting: Setting = {
        isolates,
        seconds: 14,
        rampMs: 2_000,
        demand: 2 * rateLimit,
        key: { throttle: { rateLimit, burstLimit } },
      }
      const result = seen(await simulate(setting), setting, 5_000, 14_000)
      const name = `rate ${count(rateLimit)}, burst ${count(burstLimit)}`
      curves.set(name, [...(curves.get(name) ?? []), [isolates, 100 * result.share]])
      rows.push({
        isolates: count(isolates),
        rate: count(rateLimit),
        burst: count(burstLimit),
        'admitted share': percent(result.share),
        'over-admission': result.over,
        'used less admitted': result.unaccounted,
        'meter, peak': count(result.meterPeak),
        relays: result.relays,
      })
    }
  table('Admitted share of rate x t at twice the demand', rows)
  draw('share-by-isolates', {
    title: 'Admitted share of the rate when demand is twice the rate',
    x: { label: 'isolates', log: true },
    y: { label: 'percent', from: 90, to: 102 },
    limit: { at: 95, label: '95 %' },
    series: [...curves].slice(1).map(([name, points]) => ({ name, points })),
  })
}

export async function exhausted(): Promise<void> {
  const common: Setting = { isolates: 1_000, seconds: 12, rampMs: 3_000, demand: 8_000 }
  const hot: Setting = { ...common, key: { throttle: { rateLimit: 20_000, burstLimit: 20_000 } } }
  const empty: Setting = { ...common, key: { quota: { limit: 5_000, offset: 0, period: 'DAY' } } }
  const rows: Row[] = []
  const series: Plot['series'][number][] = []
  for (const [name, setting] of [
    ['hot', hot],
    ['quota of 5,000 used up', empty],
  ] as const) {
    const run = await simulate(setting)
    const result = seen(run, setting, 6_000, 12_000)
    const meter = keyMeterOf(run)
    const relays = [...run.relays.values()]
    rows.push({
      key: name,
      requests: count(run.requests),
      admitted: count(run.admitted),
      'over-quota': setting.key?.quota ? Math.max(0, run.admitted - setting.key.quota.limit) : 0,
      'meter, peak': count(result.meterPeak),
      'busiest relay, peak': count(result.relayPeak),
      'calls per 1,000 requests': count(result.callsPerThousand),
      'rows of the meter': count(result.rows),
    })
    const perSecond = (calls: (from: number, until: number) => number) =>
      Array.from(
        { length: 24 },
        (_, index) => [(index + 1) / 2, 2 * calls(index * 500, (index + 1) * 500)] as const,
      )
    series.push(
      { name: `${name}: meter`, points: perSecond((from, until) => meter.calls.between(from, until)) },
      {
        name: `${name}: all relays`,
        points: perSecond((from, until) =>
          relays.reduce((sum, { calls }) => sum + calls.between(from, until), 0),
        ),
      },
    )
  }
  table('8,000 requests a second from 1,000 isolates', rows)
  draw('hot-and-exhausted', {
    title: 'Calls for a hot key and for an exhausted one, 8,000 requests a second',
    x: { label: 'seconds' },
    y: { label: 'object calls a second' },
    series,
  })
}
