import type { Effect, Phase } from '../../../src/deployments/deployment-state.ts'
import type { Passed, Scenario } from './watched-deployment.ts'

/** What is done for each thing that a deployment wants: one that is new has to be named here, and is then asked for. */
export const DOES: Readonly<Record<Effect['kind'], RegExp>> = {
  claim: / resources /,
  shift: / resources /,
  finish: / resources /,
  'call-hook': /^hook check/,
  'watch-alarms': /^ALARM_WATCH/,
  'unwatch-alarms': /^ALARM_WATCH/,
  notify: /^TOPIC_HUB/,
}

/** All that a deployment goes through; see {@link DOES}. */
export const PHASES: Readonly<Record<Phase, true>> = {
  claiming: true,
  before: true,
  warming: true,
  ready: true,
  mirroring: true,
  shifting: true,
  after: true,
  settling: true,
  'rolling-back': true,
  leaving: true,
  ended: true,
}

export interface CrashPoint extends Passed {
  readonly scenario: string
}

/** Where the data plane is told, and that it was is noted. */
export const OF_PUBLICATIONS = /ROUTER|write publications/

/** Where a target, an alias or a stage, is written. */
const OF_TARGETS = /resources|ROUTER|write publications/

/**
 * All moments of these deployments that differ by what is on disk, each of them once.
 *
 * @param runs what was passed by one deployment of each scenario
 */
export function crashPoints(
  runs: ReadonlyArray<{
    readonly name: string
    readonly scenario: Scenario
    readonly passed: readonly Passed[]
  }>,
): CrashPoint[] {
  const points = new Map<string, CrashPoint>()
  for (const { name, scenario, passed } of runs) {
    for (const point of passed) {
      if (!differs(point)) continue
      const { call, at, label } = point
      const isOfStage = scenario.withStage === true && OF_TARGETS.test(call)
      const isEnd = at.startsWith('ended')
      const { isRolledBack, weight } = scenario.ends
      // One step of a shift is like another.
      const key = [
        label.replace(/ -?\d+:/, ''),
        isOfStage,
        isEnd && isRolledBack === true,
        isEnd && weight !== undefined,
      ].join()
      if (!points.has(key)) points.set(key, { ...point, scenario: name })
    }
  }
  return [...points.values()]
}

/** Whether it cannot be told from another checkpoint by what is on disk, and comes in every run. */
function differs({ call, when, at, wanted, label }: Passed): boolean {
  // What comes before one of these is what came after another.
  if (OF_PUBLICATIONS.test(call)) return when === 'after'
  if (call === 'STORE.put') return when === 'before'
  // The object wakes also to look whether anything was cut off.
  if (call === 'tick') return when === 'before' && wanted!.length === 0 && label.endsWith('#1')
  // Of several targets, or topics' notices, the second is as the first until that is done.
  if (when === 'before' && label.endsWith('#2')) return false
  // Changes that come together are told to the database together, or not.
  if (call === 'write deployments') return label.endsWith('#1') && /^(claiming|ended)/.test(at)
  return true
}

/** Puts points into lines, one for each deployment, which is killed at one after the other of its line. */
export function inLines(points: readonly CrashPoint[], longest: number): CrashPoint[][] {
  const lines: CrashPoint[][] = []
  // In the order in which deployments come through.
  const places = new Map(points.map(({ at }, index) => [at, index] as const).reverse())
  for (const point of points) {
    const line = lines.find(each => each.length < longest && mayFollow(each.at(-1)!, point, places))
    if (line) line.push(point)
    else lines.push([point])
  }
  return lines
}

/** What was done before the kill is not done again after it: only what is of a later phase comes for certain. */
function mayFollow(last: CrashPoint, next: CrashPoint, places: ReadonlyMap<string, number>): boolean {
  if (last.scenario !== next.scenario || last.at.startsWith('none')) return false
  return places.get(next.at)! > places.get(last.at)!
}
