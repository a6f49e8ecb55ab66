import { recordOf } from '../../test/metering/simulated-key.ts'
import { keyMeterOf, type Run, type Setting, simulate } from '../../test/metering/simulator/simulate.ts'
import { count, draw, type Row, table } from './report.ts'
import { seen } from './seen.ts'

export async function partition(): Promise<void> {
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

export async function faults(): Promise<void> {
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

export async function revocation(): Promise<void> {
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
