import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DeploymentState, isUnderWay } from '../../src/deployments/deployment-state.ts'
import { beginDeployment, type DeploymentEvent, transition } from '../../src/deployments/transition.ts'
import { anAlias, aRelease, BEGUN, MINUTE } from './simulated-world.ts'

const RELEASE = aRelease({
  steps: [0.1, 0.4, 0.7, 1].map((share, at) => ({ share, minutes: at < 3 ? 1 : 0 })),
  targets: [anAlias('orders'), anAlias('prices')],
  hooks: {
    BeforeAllowTraffic: { function: 'check', executionId: 'hook-1' },
    AfterAllowTraffic: { function: 'check-again', executionId: 'hook-2' },
  },
  alarms: { names: ['errors'], ignorePollFailure: false },
  rollBackOn: ['DEPLOYMENT_STOP_ON_ALARM'],
  readyMinutes: 30,
})

/** What comes next: something heard, or what becomes of one of the effects that are wanted. */
type Move =
  | { readonly hear: DeploymentEvent }
  | { readonly end: number; readonly how: 'well' | 'missed' | 'failed' }

const alarm = (state: 'ALARM' | 'OK'): DeploymentEvent => ({
  kind: 'alarm',
  status: { name: 'errors', state, since: BEGUN, reason: '' },
})
const answer = (executionId: string, status: 'Succeeded' | 'Failed'): DeploymentEvent => ({
  kind: 'hook-answered',
  executionId,
  status,
})
const heard = fc.oneof(
  { weight: 20, arbitrary: fc.constant<DeploymentEvent>({ kind: 'tick' }) },
  { weight: 12, arbitrary: fc.constantFrom('hook-1', 'hook-2').map(id => answer(id, 'Succeeded')) },
  { weight: 8, arbitrary: fc.constant<DeploymentEvent>({ kind: 'continue', by: 'ann' }) },
  { weight: 3, arbitrary: fc.constant(alarm('OK')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<DeploymentEvent>(
      alarm('ALARM'),
      answer('hook-2', 'Failed'),
      { kind: 'stop', by: 'ann' },
      { kind: 'worse', message: 'worse' },
    ),
  },
)
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: heard.map(hear => ({ hear })) },
  {
    weight: 6,
    arbitrary: fc.record({
      end: fc.nat(5),
      how: fc.oneof({ weight: 60, arbitrary: fc.constant('well') }, fc.constantFrom('missed', 'failed')),
    }) as fc.Arbitrary<Move>,
  },
)

function eventOf(state: DeploymentState, next: Move): DeploymentEvent | undefined {
  if ('hear' in next) return next.hear
  // What concerns one target is done in the order in which it was wanted.
  const begun = state.wanted.filter(
    (each, at) =>
      !('target' in each) ||
      !state.wanted.slice(0, at).some(other => 'target' in other && other.target === each.target),
  )
  const effect = begun[next.end % Math.max(1, begun.length)]
  if (!effect) return undefined
  if (next.how !== 'well')
    return {
      kind: next.how,
      effect: effect.id,
      code: 'INVALID_LAMBDA_FUNCTION',
      message: 'gone',
    } as DeploymentEvent
  if (effect.kind === 'claim') return { kind: 'claimed', effect: effect.id, from: '1' }
  if (effect.kind !== 'watch-alarms') return { kind: 'done', effect: effect.id }
  return {
    kind: 'alarms-read',
    effect: effect.id,
    statuses: [{ name: 'errors', state: 'OK', since: BEGUN, reason: '' }],
  }
}

/** What must hold from one state to the next. */
function check(before: DeploymentState, after: DeploymentState) {
  for (const target of RELEASE.targets.keys()) {
    const shares = after.wanted.flatMap(each =>
      each.kind === 'shift' && each.target === target ? [each.share] : [],
    )
    const ends = after.wanted.filter(each => each.kind === 'finish' && each.target === target)
    // Nobody shares out what is being let go of, and a share is never less than the one before.
    expect(shares.length > 0 && ends.length > 0).toBe(false)
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(before.targets[target]!.share)
    const isBack = after.phase === 'rolling-back' || after.rollBack !== undefined
    if (!isBack && isUnderWay(after))
      expect(after.targets[target]!.share).toBeGreaterThanOrEqual(before.targets[target]!.share)
    if (after.phase === 'ended') expect(after.targets[target]!.isOwned).toBe(false)
  }
  expect(after.step).toBeGreaterThanOrEqual(before.step)
  // Once it is decided, it stays so: no late answer, alarm or wish changes how it ends.
  if (!isUnderWay(before)) {
    expect(isUnderWay(after)).toBe(false)
    expect(after.rollBack === undefined).toBe(before.rollBack === undefined)
    if (before.phase !== 'settling') expect(after.status).toBe(before.status)
  }
}

test('in whatever order things are heard, and whatever the clock says, a deployment may always go back until it is settled', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(
      fc.array(fc.tuple(move, fc.integer({ min: -2 * MINUTE, max: 3 * MINUTE })), {
        minLength: 10,
        maxLength: 160,
        size: 'max',
      }),
      script => {
        let state = beginDeployment(RELEASE)
        let now = BEGUN
        for (const [next, passed] of script) {
          now += passed
          const event = eventOf(state, next)
          if (!event) continue
          const after = transition(state, event, now)
          check(state, after)
          // What has been heard of an effect is not heard again.
          if ('effect' in event && event.kind !== 'missed') expect(transition(after, event, now)).toBe(after)
          state = after
          reached.add(state.phase)
          const stopped = transition(state, { kind: 'stop', by: 'bob', rollBack: true }, now)
          if (isUnderWay(state)) {
            expect(stopped).toMatchObject({ status: 'Stopped', phase: 'rolling-back' })
            const back = stopped.wanted.filter(each => each.kind === 'finish' && each.keep === 'old')
            expect(back.length).toBe(RELEASE.targets.length)
          } else expect(stopped).toBe(state)
        }
      },
    ),
    // Of this seed it is known that it reaches every phase.
    { numRuns: 300, seed: 20_261_123 },
  )
  for (const phase of [
    'before',
    'ready',
    'shifting',
    'after',
    'settling',
    'rolling-back',
    'leaving',
    'ended',
  ])
    expect([...reached]).toContain(phase)
})
