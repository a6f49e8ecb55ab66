import { Comparison } from '../../../src/deployments/compare/comparison.ts'
import { countsSince, latencyBin, NO_COUNTS } from '../../../src/deployments/feed/version-counts.ts'

/** A release on a machine that is busy with other things. */
export interface LoadedRelease {
  /** Calls a second; each second has its own. */
  readonly rates: readonly number[]
  /** Of the calls, by second. */
  readonly share: (second: number) => number
  /** What a warm call takes, and by what factor the new version takes longer. */
  readonly ms: number
  readonly slowdown: number
  /** What loading an isolate takes, during which everything that is under way waits. */
  readonly loadMs: number
  /** By what the first calls of an isolate are slower: the first takes `1 + fresh` times as long, each next one less. */
  readonly fresh: number
  /** Other things that hold everything up: how often a second, and for how long. */
  readonly stallsPerSecond: number
  readonly stallMs: number
  readonly random: () => number
}

/** Events that an isolate answers before what it does is counted, as `LoadedVersions` has it. */
const FRESH_EVENTS = 5

/** Calls under way at a time. */
const LANES = 8

/** Isolates of one version: who is free, and how many events each has answered. */
class Isolates {
  readonly latency: Record<number, number> = {}
  calls = 0
  readonly #slowdown: number
  /** The last one that became free is the next one that is used. */
  readonly #idle: number[] = []

  /** @param warm isolates that have served for long */
  constructor(slowdown: number, warm: number) {
    this.#slowdown = slowdown
    for (let i = 0; i < warm; i += 1) this.#idle.push(1_000)
  }

  /** @returns a call that has begun, and whether an isolate had to be loaded for it */
  begin({ ms, fresh, random }: LoadedRelease) {
    const answered = this.#idle.pop()
    const nth = (answered ?? 0) + 1
    const took =
      ms *
      this.#slowdown *
      (1 + fresh * 0.4 ** (nth - 1)) *
      Math.exp(0.5 * (random() + random() + random() - 1.5) * 2)
    return { of: this, answered: answered ?? 0, isLoaded: answered === undefined, took }
  }

  end(answered: number, took: number): void {
    this.calls += 1
    this.#idle.push(answered + 1)
    if (answered < FRESH_EVENTS) return
    const bin = latencyBin(took)
    this.latency[bin] = (this.latency[bin] ?? 0) + 1
  }
}

interface UnderWay extends ReturnType<Isolates['begin']> {
  readonly at: number
  endsAt: number
}

/** Plays a release call by call: whatever holds the machine up, holds up all calls that are under way. */
export function simulateLoad(release: LoadedRelease): { isWorse: boolean; canaryCalls: number } {
  const { rates, share, stallsPerSecond, stallMs, loadMs, random } = release
  const comparison = new Comparison({ falseAlarmRate: 0.01, metrics: ['errors', 'latency'] }, ['f:live'])
  const old = new Isolates(1, LANES)
  const fresh = new Isolates(release.slowdown, 0)
  let underWay: UnderWay[] = []
  let told = { baseline: NO_COUNTS, canary: NO_COUNTS }
  const holdUp = (ms: number) => {
    for (const call of underWay) call.endsAt += ms
  }
  for (const [second, rate] of rates.entries()) {
    const happenings = [
      ...Array.from({ length: rate }, () => ({ at: (second + random()) * 1_000, isCall: true })),
      ...(random() < stallsPerSecond ? [{ at: (second + random()) * 1_000, isCall: false }] : []),
    ].sort((one, other) => one.at - other.at)
    for (const { at, isCall } of happenings) {
      for (const call of underWay) if (call.endsAt <= at) call.of.end(call.answered, call.endsAt - call.at)
      underWay = underWay.filter(({ endsAt }) => endsAt > at)
      if (!isCall) {
        holdUp(stallMs * (0.5 + random()))
        continue
      }
      // Clients that wait for answers have no more under way, however long those take.
      if (underWay.length === LANES) continue
      const call = (random() < share(second) ? fresh : old).begin(release)
      underWay.push({ ...call, at, endsAt: at + call.took })
      if (call.isLoaded) holdUp(loadMs)
    }
    const seen = { baseline: countsOf(old), canary: countsOf(fresh) }
    comparison.add({
      target: 'f:live',
      baseline: countsSince(seen.baseline, told.baseline),
      canary: countsSince(seen.canary, told.canary),
    })
    told = seen
    if (comparison.isWorse) return { isWorse: true, canaryCalls: fresh.calls }
  }
  return { isWorse: false, canaryCalls: fresh.calls }
}

const countsOf = ({ calls, latency }: Isolates) => ({ ...NO_COUNTS, calls, latency: { ...latency } })
