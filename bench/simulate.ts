/**
 * Runs metering with thousands of isolates all over a simulated world, prints what came of it as tables, and draws
 * the plots of docs/design/metering.md. `npm run simulate`; everything is seeded, so it says the same every time.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordOf } from '../test/metering/simulated-key.ts'
import {
  accountMeterOf,
  keyMeterOf,
  methodMeterOf,
  type Run,
  type Setting,
  simulate,
} from '../test/metering/simulator/simulate.ts'
import { type Plot, plot } from './plot.ts'

const PLOTS = join(import.meta.dirname, '../docs/design/plots')
const EPOCH = Date.UTC(2026, 10, 22, 12)

type Row = Readonly<Record<string, string | number>>

function table(title: string, rows: readonly Row[]): void {
  const names = Object.keys(rows[0]!)
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const body = rows.map(row => line(names.map(name => row[name]!)))
  console.log([`\n${title}\n`, line(names), line(names.map(() => '---')), ...body].join('\n'))
}

function draw(name: string, drawing: Plot): void {
  mkdirSync(PLOTS, { recursive: true })
  writeFileSync(join(PLOTS, `${name}.svg`), plot(drawing))
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

function quantiles(values: readonly number[], ...at: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return at.map(share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** What was seen between two times, milliseconds. */
function seen(run: Run, { key }: Setting, from: number, until: number) {
  const meter = keyMeterOf(run)
  const relays = [...run.relays.values()]
  const peaks = relays.map(({ calls }) => calls.peak(from, until))
  const within = run.outcomes.filter(({ at }) => at >= from && at < until)
  const calls =
    meter.calls.between(from, until) + relays.reduce((sum, { calls }) => sum + calls.between(from, until), 0)
  const first = quantiles(
    run.outcomes.filter(({ isFirst }) => isFirst).map(({ waitedMs }) => waitedMs),
    0.5,
    0.99,
  )
  const all = quantiles(
    within.map(({ waitedMs }) => waitedMs),
    0.5,
    0.99,
  )
  return {
    meterPeak: meter.calls.peak(from, until),
    meterMean: (1000 * meter.calls.between(from, until)) / (until - from),
    rampPeak: meter.calls.peak(0, from),
    relays: relays.filter(({ calls }) => calls.between(from, until) > 0).length,
    relayPeak: Math.max(0, ...peaks),
    admitted: meter.log.between(EPOCH + from, EPOCH + until),
    share: key?.throttle
      ? meter.log.between(EPOCH + from, EPOCH + until) / ((key.throttle.rateLimit * (until - from)) / 1000)
      : 1,
    over: key?.throttle ? Math.max(0, meter.log.overAdmission(key.throttle)) : 0,
    unaccounted: meter.used - run.admitted,
    callsPerThousand: (1000 * calls) / Math.max(1, within.length),
    rows: meter.rowsWritten,
    first,
    all,
  }
}

async function manyIsolates(): Promise<void> {
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

async function admittedShares(): Promise<void> {
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

async function latencies(): Promise<void> {
  const rows: Row[] = []
  const series: { name: string; points: [number, number][] }[] = []
  for (const [name, setting] of [
    ['cold: 0.2/s an isolate', { isolates: 500, seconds: 20, demand: 100 }],
    ['warm: 5/s an isolate', { isolates: 100, seconds: 10, demand: 500 }],
    ['hot: 100/s an isolate', { isolates: 50, seconds: 6, demand: 5_000 }],
  ] as const) {
    const key = { throttle: { rateLimit: 10_000, burstLimit: 10_000 } }
    const run = await simulate({ ...setting, key, rampMs: 1_000 })
    const first = run.outcomes.filter(({ isFirst }) => isFirst).map(({ waitedMs }) => waitedMs)
    const all = run.outcomes.map(({ waitedMs }) => waitedMs)
    const [p50, p99] = quantiles(first, 0.5, 0.99)
    const [all50, all99] = quantiles(all, 0.5, 0.99)
    const result = seen(run, { ...setting, key }, 2_000, setting.seconds * 1000)
    rows.push({
      keys: name,
      'first request, p50 / p99': `${p50!.toFixed(0)} / ${p99!.toFixed(0)} ms`,
      'all requests, p50 / p99': `${all50!.toFixed(0)} / ${all99!.toFixed(0)} ms`,
      'from memory': percent(all.filter(waited => waited === 0).length / all.length),
      'calls per 1,000 requests': count(result.callsPerThousand),
    })
    series.push({
      name,
      points: Array.from(
        { length: 51 },
        (_, index) => [quantiles(all, index / 50)[0]!, 2 * index] as [number, number],
      ),
    })
    if (name.startsWith('cold'))
      series.unshift({
        name: 'an isolate’s first request',
        points: Array.from(
          { length: 51 },
          (_, index) => [quantiles(first, index / 50)[0]!, 2 * index] as [number, number],
        ),
      })
  }
  table('Latency that admission adds: isolates everywhere, the meter in one place', rows)
  draw('latency', {
    title: 'How long requests wait for admission, isolates in 300 cities',
    x: { label: 'milliseconds' },
    y: { label: 'percent of the requests that wait no longer' },
    series,
  })
}

async function partition(): Promise<void> {
  const cut = { from: 4_000, until: 8_000, between: 'relays and roots' as const }
  const setting: Setting = {
    isolates: 200,
    seconds: 14,
    demand: 1_600,
    relays: 'always',
    key: { throttle: { rateLimit: 2_000, burstLimit: 4_000 } },
    partitions: [cut],
  }
  const run = await simulate(setting)
  const bins = (of: (outcome: Run['outcomes'][number]) => boolean): [number, number][] =>
    Array.from({ length: 70 }, (_, index) => {
      const [from, until] = [index * 200, (index + 1) * 200]
      const inBin = run.outcomes.filter(({ at, waitedMs }) => at + waitedMs >= from && at + waitedMs < until)
      return [(from + 100) / 1000, 5 * inBin.filter(of).length]
    })
  draw('partition', {
    title: 'All relays lose their meter from second 4 to second 8',
    x: { label: 'seconds' },
    y: { label: 'answers a second' },
    series: [
      { name: 'admitted', points: bins(({ admitted }) => admitted) },
      { name: 'refused, nobody can decide (503)', points: bins(({ reason }) => reason === 'unreachable') },
    ],
  })
  const within = (reason: string | undefined, from: number, until: number) =>
    run.outcomes.filter(outcome => outcome.at >= from && outcome.at < until && outcome.reason === reason)
      .length
  const { over, unaccounted } = seen(run, setting, 0, 14_000)
  table('A partition between relays and the meter', [
    {
      'admitted before': within(undefined, 0, 4_000),
      'admitted during': within(undefined, 4_000, 8_000),
      'refused during': within('unreachable', 4_000, 8_000),
      'admitted after': within(undefined, 9_000, 14_000),
      'refused after': within('unreachable', 9_000, 14_000),
      'over-admission': over,
      'used less admitted': unaccounted,
    },
  ])
}

async function exhausted(): Promise<void> {
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

async function faults(): Promise<void> {
  const rows: Row[] = []
  const throttle = { rateLimit: 500, burstLimit: 500 }
  const quota = { limit: 3_000, offset: 0, period: 'DAY' as const }
  const common: Setting = {
    isolates: 100,
    seconds: 10,
    demand: 1_000,
    key: { throttle, quota },
    relays: 'always',
  }
  const clockSteps = { roots: [-3_600_000, -500, 500, 3_600_000], callers: [-3_600_000, -20, 40, 3_600_000] }
  const cases: readonly (readonly [string, Partial<Setting>])[] = [
    ['none', {}],
    ['10 % of messages lost', { lost: 0.1 }],
    ['20 % doubled', { doubled: 0.2 }],
    ['isolates live 2 s', { isolateCrashMs: 2_000 }],
    ['an object dies every 300 ms', { objectCrashMs: 300 }],
    ['clocks off by hours, stepping', { clockSteps }],
    ['relays cut off for 3 s', { partitions: [{ from: 3_000, until: 6_000, between: 'relays and roots' }] }],
    ['all of these', { lost: 0.1, doubled: 0.2, isolateCrashMs: 2_000, objectCrashMs: 300, clockSteps }],
  ]
  for (const [name, more] of cases) {
    let [over, overQuota, admitted, used] = [0, 0, 0, 0]
    for (let seed = 1; seed <= 5; seed += 1) {
      const run = await simulate({ ...common, ...more, seed })
      const meter = keyMeterOf(run)
      over = Math.max(over, meter.log.overAdmission(throttle))
      overQuota = Math.max(overQuota, meter.used - quota.limit)
      admitted += run.admitted
      used += meter.used
    }
    rows.push({
      faults: name,
      'over-admission': over,
      'over-quota': overQuota,
      admitted: count(admitted),
      'used less admitted': count(used - admitted),
    })
  }
  table('Faults: 100 isolates behind relays, 5 seeds each', rows)
}

async function threeLevels(): Promise<void> {
  const setting: Setting = {
    isolates: 300,
    seconds: 12,
    rampMs: 2_000,
    demand: 1_500,
    uneven: 0.7,
    course: at => 0.4 + 0.6 * Math.abs(Math.sin(at / 1_500)),
    key: { throttle: { rateLimit: 800, burstLimit: 800 } },
    method: { rateLimit: 600, burstLimit: 900 },
    account: { rateLimit: 500, burstLimit: 1_000 },
  }
  const run = await simulate(setting)
  const levels = [
    ['key', keyMeterOf(run), setting.key!.throttle!],
    ['method', methodMeterOf(run), setting.method!],
    ['account', accountMeterOf(run), setting.account!],
  ] as const
  table(
    'Three levels, uneven isolates, demand that comes and goes',
    levels.map(([level, meter, limits]) => ({
      level,
      rate: limits.rateLimit,
      burst: limits.burstLimit,
      'admitted and not given back': count(meter.log.admitted),
      'over-admission': Math.max(0, meter.log.overAdmission(limits)),
      'calls a second, peak': count(meter.calls.peak(3_000, 12_000)),
    })),
  )
}

async function revocation(): Promise<void> {
  const throttle = { rateLimit: 2_000, burstLimit: 4_000 }
  const at = 6_000
  const run = await simulate({
    isolates: 1_000,
    seconds: 10,
    rampMs: 2_000,
    demand: 1_500,
    key: { throttle },
    changes: [{ at, record: { ...recordOf(throttle), version: 2, enabled: false } }],
  })
  const last = Math.max(
    ...run.outcomes.filter(({ admitted }) => admitted).map(outcome => outcome.at + outcome.waitedMs),
  )
  table('A key is revoked', [
    { isolates: '1,000', relays: run.relays.size, 'last admission after it': `${count(last - at)} ms` },
  ])
}

const started = process.cpuUsage()
for (const part of [
  manyIsolates,
  admittedShares,
  latencies,
  partition,
  exhausted,
  faults,
  threeLevels,
  revocation,
])
  await part()
console.log(`\n${count(process.cpuUsage(started).user / 1e6)} s of processor time`)
