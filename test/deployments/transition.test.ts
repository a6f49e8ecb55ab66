import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PREDEFINED_CONFIGURATIONS, planOf } from '../../src/deployments/configurations.ts'
import type { DeploymentState, Release } from '../../src/deployments/deployment-state.ts'
import type { DeploymentEvent } from '../../src/deployments/transition.ts'
import { anAlias, aRelease, BEGUN, Crash, MINUTE, SimulatedWorld } from './simulated-world.ts'

const HOOKS = {
  BeforeAllowTraffic: { function: 'check', executionId: 'hook-1' },
  AfterAllowTraffic: { function: 'check-again', executionId: 'hook-2' },
}
const TRIGGER = {
  name: 'tell',
  topic: 'arn:aws:sns:eu-west-1:111122223333:ops',
  events: [
    'DeploymentStart',
    'DeploymentSuccess',
    'DeploymentFailure',
    'DeploymentStop',
    'DeploymentRollback',
    'DeploymentReady',
  ],
}

const planned = (name: string): Partial<Release> => ({
  configuration: name,
  steps: planOf(PREDEFINED_CONFIGURATIONS.get(name)!),
})

/** Once, as soon as the shift has begun. */
function once(event: DeploymentEvent, when: (state: DeploymentState) => boolean = isShifting) {
  let isDone = false
  return (state: DeploymentState) => {
    if (isDone || !when(state)) return undefined
    isDone = true
    return event
  }
}

const isShifting = ({ phase }: DeploymentState) => phase === 'shifting'
const alarm = (state: 'ALARM' | 'OK', name = 'errors'): DeploymentEvent => ({
  kind: 'alarm',
  status: { name, state, since: BEGUN, reason: 'threshold crossed' },
})
const told = (world: SimulatedWorld) => world.published.map(({ message }) => message.status)

describe('a deployment that goes well', () => {
  it('shifts a canary, waits and gives the new version everything', async () => {
    const world = new SimulatedWorld(aRelease())
    const state = await world.run()
    expect(state).toMatchObject({ status: 'Succeeded', phase: 'ended', wanted: [] })
    expect(world.seen).toEqual([0, 0.1, 1])
    expect(world.aliases.get('orders:live')).toMatchObject({ version: '2', share: 0, shift: undefined })
    expect(state.ended! - state.started!).toBe(5 * MINUTE)
  })

  it('shifts ten steps a minute apart under LambdaLinear10PercentEvery1Minute', async () => {
    const world = new SimulatedWorld(aRelease(planned('CodeDeployDefault.LambdaLinear10PercentEvery1Minute')))
    const state = await world.run()
    expect(world.seen).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    expect(state.ended! - state.started!).toBe(9 * MINUTE)
    expect(state.history.filter(({ kind }) => kind === 'weight').map(({ text }) => text)).toEqual(
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map(share => `orders:live: ${share} % of traffic to 2`),
    )
  })

  it('calls its hooks before and after, with the ids that they answer by', async () => {
    const world = new SimulatedWorld(aRelease({ hooks: HOOKS }))
    const state = await world.run()
    expect(world.calls).toEqual([
      {
        name: 'check',
        payload: { DeploymentId: 'd-AAAAAAAAA', LifecycleEventHookExecutionId: 'hook-1' },
      },
      {
        name: 'check-again',
        payload: { DeploymentId: 'd-AAAAAAAAA', LifecycleEventHookExecutionId: 'hook-2' },
      },
    ])
    expect(Object.values(state.lifecycle).map(({ status }) => status)).toEqual([
      'Succeeded',
      'Succeeded',
      'Succeeded',
    ])
  })

  it('moves all of its targets together', async () => {
    const world = new SimulatedWorld(aRelease({ targets: [anAlias('orders'), anAlias('prices')] }))
    const shares: number[][] = []
    world.atTime = () => {
      shares.push([...world.aliases.values()].map(({ share }) => share))
      return undefined
    }
    await world.run()
    expect(shares.every(([one, other]) => one === other)).toBe(true)
    expect([...world.aliases.values()].map(({ version }) => version)).toEqual(['2', '2'])
  })

  it('mirrors before the first per cent, and waits to be continued where the group says so', async () => {
    const options = { firingAlarms: 'stop', mirror: { share: 0.25, minutes: 3 } } as const
    const world = new SimulatedWorld(aRelease({ readyMinutes: 60, options, triggers: [TRIGGER] }))
    world.atTime = once({ kind: 'continue', by: 'bob' }, ({ phase }) => phase === 'ready')
    const state = await world.run()
    expect(state.status).toBe('Succeeded')
    expect(told(world)).toEqual(['Created', 'Ready', 'Succeeded'])
    expect(state.ended! - state.started!).toBe(8 * MINUTE)
    expect(state.history).toContainEqual(expect.objectContaining({ text: 'continued', who: 'bob' }))
  })

  it('waits for isolates of the new version, and not for ever', async () => {
    const options = { firingAlarms: 'stop', prewarm: 3 } as const
    const warm = new SimulatedWorld(aRelease({ options }))
    warm.atTime = once({ kind: 'warmed', isolates: 3 }, ({ phase }) => phase === 'warming')
    const quick = await warm.run()
    expect(quick.ended! - quick.started!).toBe(5 * MINUTE)
    const slow = await new SimulatedWorld(aRelease({ options })).run()
    expect(slow.status).toBe('Succeeded')
    expect(slow.ended! - slow.started!).toBe(6 * MINUTE)
  })
})

describe('a deployment that does not', () => {
  it.each(['Failed', 'throws'] as const)(
    'fails when a hook answers %s, and nobody gets the new version',
    async hook => {
      const world = new SimulatedWorld(aRelease({ hooks: HOOKS }))
      world.hook = hook
      const state = await world.run()
      expect(state).toMatchObject({ status: 'Failed', error: { code: 'HOOK_EXECUTION_FAILURE' } })
      expect(state.lifecycle.BeforeAllowTraffic.status).toBe('Failed')
      expect(state.lifecycle.AllowTraffic.status).toBe('Skipped')
      expect(world.seen).toEqual([0])
      expect(world.aliases.get('orders:live')).toMatchObject({ version: '1', shift: undefined })
    },
  )

  it('fails when a hook says nothing for an hour', async () => {
    const world = new SimulatedWorld(aRelease({ hooks: HOOKS }))
    world.hook = 'silent'
    const state = await world.run()
    expect(state.status).toBe('Failed')
    expect(state.ended! - state.started!).toBe(60 * MINUTE)
  })

  it('goes back when an alarm fires, and tells who wants to know', async () => {
    const world = new SimulatedWorld(
      aRelease({
        alarms: { names: ['errors'], ignorePollFailure: false },
        rollBackOn: ['DEPLOYMENT_STOP_ON_ALARM'],
        triggers: [TRIGGER],
      }),
    )
    world.atTime = once(alarm('ALARM'))
    const state = await world.run()
    expect(state).toMatchObject({
      status: 'Stopped',
      error: { code: 'ALARM_ACTIVE', message: expect.stringContaining('<errors>') },
      rollBack: { status: 'Succeeded' },
    })
    expect(world.seen).toEqual([0, 0.1, 0])
    expect(world.aliases.get('orders:live')).toMatchObject({ version: '1', shift: undefined })
    expect(told(world)).toEqual(['Created', 'Stopped', 'Created', 'Succeeded'])
    expect(world.published[2]!.message).toMatchObject({
      deploymentId: 'd-BBBBBBBBB',
      eventTriggerName: 'tell',
      rollbackInformation: { RollbackTriggeringDeploymentId: 'd-AAAAAAAAA' },
    })
  })

  it('takes all of its targets back when one cannot be moved', async () => {
    const world = new SimulatedWorld(
      aRelease({ targets: [anAlias('orders'), anAlias('prices')], rollBackOn: ['DEPLOYMENT_FAILURE'] }),
    )
    world.atTime = state => {
      if (isShifting(state)) world.aliases.delete('prices:live')
      return undefined
    }
    const state = await world.run()
    expect(state).toMatchObject({ status: 'Failed', error: { code: 'INVALID_LAMBDA_FUNCTION' } })
    expect(world.aliases.get('orders:live')).toMatchObject({ version: '1', share: 0, shift: undefined })
  })

  it('leaves traffic as it is when it is stopped and nobody wants a roll-back', async () => {
    const world = new SimulatedWorld(aRelease())
    world.atTime = once({ kind: 'stop', by: 'ann' })
    const state = await world.run()
    expect(state).toMatchObject({ status: 'Stopped', error: { code: 'MANUAL_STOP' } })
    expect(state.rollBack).toBeUndefined()
    expect(world.aliases.get('orders:live')).toMatchObject({ version: '1', share: 0.1, shift: undefined })
  })

  it('goes back when it is stopped with a roll-back, whatever the group says', async () => {
    const world = new SimulatedWorld(aRelease())
    world.atTime = once({ kind: 'stop', by: 'ann', rollBack: true })
    expect((await world.run()).rollBack?.status).toBe('Succeeded')
    expect(world.seen).toEqual([0, 0.1, 0])
  })

  it('goes back when the comparison finds the new version worse', async () => {
    const world = new SimulatedWorld(aRelease())
    world.atTime = once({ kind: 'worse', message: 'of the new version 20 % failed' })
    expect(await world.run()).toMatchObject({
      status: 'Failed',
      error: { code: 'CUSTOMER_APPLICATION_UNHEALTHY' },
      rollBack: { status: 'Succeeded' },
    })
  })

  it('is not stopped any more when its targets are being let go of', async () => {
    const world = new SimulatedWorld(aRelease({ targets: [anAlias('orders'), anAlias('prices')] }))
    world.atPoint = place => {
      const { phase, targets } = world.state
      if (place === 'heard finish' && targets.some(({ isOwned }) => isOwned)) {
        expect(phase).toBe('settling')
        world.hear({ kind: 'stop', by: 'ann', rollBack: true })
      }
    }
    expect((await world.run()).status).toBe('Succeeded')
    expect([...world.aliases.values()].map(({ version }) => version)).toEqual(['2', '2'])
  })

  it('stops when nobody continues it in time', async () => {
    const world = new SimulatedWorld(aRelease({ readyMinutes: 30 }))
    const state = await world.run()
    expect(state).toMatchObject({ status: 'Stopped', error: { code: 'TIMEOUT' } })
    expect(world.seen).toEqual([0])
  })

  it('fails before anything is done when its role may not do it', async () => {
    const refused = { code: 'IAM_ROLE_PERMISSIONS', message: 'lambda:UpdateAlias' }
    const world = new SimulatedWorld(aRelease({ refused, rollBackOn: ['DEPLOYMENT_FAILURE'] }))
    const state = await world.run()
    expect(state).toMatchObject({ status: 'Failed', error: refused })
    expect(state.rollBack).toBeUndefined()
    expect(world.seen).toEqual([])
  })
})

describe('alarms', () => {
  const watched = { alarms: { names: ['errors', 'latency'], ignorePollFailure: false } }

  it('stop a deployment that they fire before', async () => {
    const world = new SimulatedWorld(aRelease(watched))
    world.alarms.set('latency', 'ALARM')
    expect(await world.run()).toMatchObject({ status: 'Stopped', error: { code: 'ALARM_ACTIVE' } })
    expect(world.seen).toEqual([0])
  })

  it('do not hold a fix up that chose so, which the history says, and count again once they were OK', async () => {
    const fix = aRelease({
      ...watched,
      rollBackOn: ['DEPLOYMENT_STOP_ON_ALARM'],
      options: { firingAlarms: 'compare' },
    })
    const world = new SimulatedWorld(fix)
    world.alarms.set('errors', 'ALARM')
    const state = await world.run()
    expect(state.status).toBe('Succeeded')
    expect(state.history).toContainEqual(
      expect.objectContaining({ kind: 'override', who: fix.by, text: expect.stringContaining('errors') }),
    )
    const again = new SimulatedWorld(fix)
    again.alarms.set('errors', 'ALARM')
    const events = [alarm('OK'), alarm('ALARM')]
    again.atTime = current => (isShifting(current) ? events.shift() : undefined)
    expect((await again.run()).status).toBe('Stopped')
  })

  it('that cannot be read stop a deployment, unless the group ignores that', async () => {
    const release = aRelease(watched)
    const strict = new SimulatedWorld(release)
    strict.alarms.delete('latency')
    expect(await strict.run()).toMatchObject({
      status: 'Stopped',
      error: { message: expect.stringContaining('there is no alarm latency') },
    })
    const lax = new SimulatedWorld({ ...release, alarms: { ...release.alarms, ignorePollFailure: true } })
    lax.alarms.delete('latency')
    expect((await lax.run()).status).toBe('Succeeded')
  })
})

describe('whatever happens', () => {
  const full = aRelease({
    ...planned('CodeDeployDefault.LambdaLinear10PercentEvery1Minute'),
    targets: [anAlias('orders'), anAlias('prices')],
    hooks: HOOKS,
    alarms: { names: ['errors'], ignorePollFailure: false },
    rollBackOn: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
    options: { firingAlarms: 'stop', mirror: { share: 1, minutes: 1 } },
    triggers: [TRIGGER],
  })

  /** Runs with one crash, at the nth of all points where one can be; undefined when there are fewer. */
  async function withCrashAt(point: number, events: readonly DeploymentEvent[]) {
    const world = new SimulatedWorld(full)
    const left = [...events]
    let points = 0
    let place: string | undefined
    world.atPoint = here => {
      if (points++ !== point) return
      place = here
      throw new Crash(here)
    }
    world.atTime = state => (isShifting(state) && state.step === 2 ? left.shift() : undefined)
    const state = await world.run()
    return { world, state, place }
  }

  it.each([
    ['succeeds', [], 'Succeeded', '2'],
    ['rolls back', [alarm('ALARM')], 'Stopped', '1'],
  ] as const)(
    'a deployment that is killed at any point %s all the same',
    async (_, events, status, version) => {
      const places = new Set<string>()
      for (let point = 0; ; point++) {
        const { world, state, place } = await withCrashAt(point, events)
        expect(state, `${point} ${place}`).toMatchObject({ status, phase: 'ended' })
        for (const alias of world.aliases.values()) {
          expect(alias, `${point} ${place}`).toMatchObject({ version, shift: undefined })
        }
        if (place === undefined) break
        places.add(place)
      }
      for (const kind of ['claim', 'shift', 'finish', 'call-hook', 'watch-alarms', 'notify']) {
        for (const when of ['before', 'after', 'heard']) {
          if (kind === 'call-hook' && events.length > 0) continue
          expect([...places]).toContain(`${when} ${kind}`)
        }
      }
    },
  )

  const anyEvent = fc.oneof(
    fc.constant<DeploymentEvent>({ kind: 'tick' }),
    fc.boolean().map((rollBack): DeploymentEvent => ({ kind: 'stop', by: 'ann', rollBack })),
    fc.constant<DeploymentEvent>({ kind: 'continue', by: 'ann' }),
    fc.constant<DeploymentEvent>({ kind: 'worse', message: 'worse' }),
    fc.constantFrom('ALARM' as const, 'OK' as const).map(state => alarm(state)),
    fc
      .record({
        executionId: fc.constantFrom('hook-1', 'hook-2'),
        status: fc.constantFrom('Succeeded', 'Failed'),
      })
      .map(answer => ({ kind: 'hook-answered', ...answer }) as DeploymentEvent),
    fc.nat(40).map((effect): DeploymentEvent => ({ kind: 'missed', effect, message: 'gone' })),
    fc
      .nat(40)
      .map((effect): DeploymentEvent => ({ kind: 'failed', effect, code: 'INTERNAL_ERROR', message: 'no' })),
  )

  it('it ends, nobody owns the aliases then, and no share is raised after the decision to go back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(60), anyEvent), { maxLength: 12 }), async script => {
        const world = new SimulatedWorld(full)
        const left = [...script]
        let turns = 0
        let isBack = false
        world.atPoint = place => {
          turns++
          const { phase, wanted } = world.state
          isBack ||= phase === 'rolling-back' || phase === 'leaving'
          if (isBack) expect(wanted.some(({ kind }) => kind === 'shift')).toBe(false)
          const next = left[0]
          // What is heard while something is done; a result is only heard of what was begun.
          if (next && turns >= next[0] && place.startsWith('heard')) {
            left.shift()
            const event = next[1]
            const isOfTarget =
              'effect' in event &&
              wanted.some(({ id, kind }) => id === event.effect && (kind === 'finish' || kind === 'claim'))
            if (!isOfTarget) world.hear(event)
          }
        }
        const state = await world.run()
        expect(['Succeeded', 'Failed', 'Stopped']).toContain(state.status)
        expect(state.phase).toBe('ended')
        for (const alias of world.aliases.values()) expect(alias.shift).toBeUndefined()
        if (state.status === 'Succeeded') {
          for (const alias of world.aliases.values()) expect(alias.version).toBe('2')
        }
        if (state.rollBack) for (const alias of world.aliases.values()) expect(alias.version).toBe('1')
      }),
      { numRuns: 60 },
    )
  })
})
