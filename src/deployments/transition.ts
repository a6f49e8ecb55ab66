import type { AlarmStatus } from '../observability/alarms/alarm-state.ts'
import { Course } from './course.ts'
import { type DeploymentState, isUnderWay, LIFECYCLE_EVENTS, type Release } from './deployment-state.ts'

/** Something that a deployment hears of. Those with `effect` are about one that it wanted. */
export type DeploymentEvent =
  /** Time has passed. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'stop'; readonly rollBack?: boolean; readonly by: string }
  | { readonly kind: 'continue'; readonly by: string }
  | { readonly kind: 'hook-answered'; readonly executionId: string; readonly status: 'Succeeded' | 'Failed' }
  | { readonly kind: 'alarm'; readonly status: AlarmStatus }
  /** The comparison says that the new version is worse. */
  | { readonly kind: 'worse'; readonly message: string }
  /** So many isolates of new versions have been loaded in advance, of all targets together. */
  | { readonly kind: 'warmed'; readonly isolates: number }
  | { readonly kind: 'claimed'; readonly effect: number; readonly from: string }
  | {
      readonly kind: 'alarms-read'
      readonly effect: number
      /** Without those that there are not. */
      readonly statuses: readonly AlarmStatus[]
    }
  | { readonly kind: 'done'; readonly effect: number }
  /** For good: trying again would not help. */
  | { readonly kind: 'failed'; readonly effect: number; readonly code: string; readonly message: string }
  /** This time. */
  | { readonly kind: 'missed'; readonly effect: number; readonly message: string }

/** A deployment that was just asked for. */
export function beginDeployment(release: Release): DeploymentState {
  const course = new Course(
    {
      release,
      status: 'Created',
      phase: 'claiming',
      step: -1,
      nextEffect: 1,
      wanted: [],
      targets: release.targets.map(() => ({ share: 0, isOwned: false })),
      lifecycle: Object.fromEntries(
        LIFECYCLE_EVENTS.map(name => [name, { status: 'Pending' }]),
      ) as unknown as DeploymentState['lifecycle'],
      warmed: 0,
      alarms: {},
      overridden: [],
      history: [],
    },
    release.created,
  )
  course.begin()
  return course.state
}

/**
 * What a deployment is after it heard of something: a function of nothing but this state, the event and the time. What
 * is to be done stands in the state's `wanted`; whoever carries it out says so with an event that names it. Events that
 * come twice, or too late, change nothing.
 *
 * @param now epoch milliseconds
 */
export function transition(state: DeploymentState, event: DeploymentEvent, now: number): DeploymentState {
  if (state.phase === 'ended' && state.wanted.length === 0) return state
  const course = new Course(state, now)
  switch (event.kind) {
    case 'tick':
      if (state.due !== undefined && now >= state.due) course.timeIsUp()
      break
    case 'stop':
      if (isUnderWay(state)) course.stopOnRequest(event.by, event.rollBack)
      break
    case 'continue':
      if (state.phase === 'ready') course.goOn(event.by)
      break
    case 'hook-answered':
      course.hookAnswered(event.executionId, event.status)
      break
    case 'alarm':
      if (isUnderWay(state)) course.alarmsAre([event.status])
      break
    case 'worse':
      if (isUnderWay(state)) course.isWorse(event.message)
      break
    case 'warmed':
      course.warmed(event.isolates)
      break
    default:
      course.effectEnded(event)
  }
  return course.state
}

/** The earliest time at which the machine wants to hear a tick, or something has to be tried again. */
export function nextTick(state: DeploymentState): number | undefined {
  const times = state.wanted.flatMap(({ notBefore }) => (notBefore === undefined ? [] : [notBefore]))
  if (state.due !== undefined) times.push(state.due)
  return times.length > 0 ? Math.min(...times) : undefined
}
