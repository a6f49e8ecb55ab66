import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomSource } from '../random-source.ts'
import type { Checkpoint } from './deployment-crashes/checkpoint.ts'
import {
  type CrashPoint,
  crashPoints,
  DOES,
  inLines,
  OF_PUBLICATIONS,
  PHASES,
} from './deployment-crashes/crash-points.ts'
import { Shop } from './deployment-crashes/shop.ts'
import { type Scenario, WatchedDeployment } from './deployment-crashes/watched-deployment.ts'
import { startWeir, type WeirServer } from './server.ts'
import { soon } from './soon.ts'

const HOOKS = { Hooks: [{ BeforeAllowTraffic: 'check-before' }, { AfterAllowTraffic: 'check-after' }] }
const ANSWERS = { 'check-before': 'Succeeded', 'check-after': 'Succeeded' } as const
const TAKEN_BACK = ['roll-back Created', 'roll-back Succeeded']

/** Deployments that are killed at a random moment each time, and until when. */
const AT_RANDOM = 2
const AT_MOST_MS = 2_500

/** How often the server is killed under each deployment. */
const LIVES = 3
const PATIENCE_MS = 40_000

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'goes well': {
    group: {
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
      },
    },
    appSpec: { ...HOOKS, Weir: { Mirror: { Minutes: 1 } } },
    hooks: ANSWERS,
    ends: { status: 'Succeeded', version: '2', told: ['Created', 'Ready', 'Succeeded'] },
  },
  'is warmed': {
    appSpec: { Weir: { Prewarm: 1 } },
    ends: { status: 'Succeeded', version: '2', told: ['Created', 'Succeeded'] },
  },
  'releases a stage, too': {
    withStage: true,
    ends: { status: 'Succeeded', version: '2', told: ['Created', 'Succeeded'] },
  },
  'alarms somebody': {
    withAlarm: true,
    interference: 'alarm',
    ends: {
      status: 'Stopped',
      version: '1',
      isRolledBack: true,
      told: ['Created', 'Stopped', ...TAKEN_BACK],
    },
  },
  'is stopped and taken back, with a stage': {
    withStage: true,
    interference: 'stop and go back',
    ends: {
      status: 'Stopped',
      version: '1',
      isRolledBack: true,
      told: ['Created', 'Stopped', ...TAKEN_BACK],
    },
  },
  'is stopped as it is, with a stage': {
    withStage: true,
    interference: 'stop',
    ends: { status: 'Stopped', version: '1', weight: 0.1, told: ['Created', 'Stopped'] },
  },
  'is found bad at the end': {
    appSpec: HOOKS,
    hooks: { ...ANSWERS, 'check-after': 'Failed' },
    ends: { status: 'Failed', version: '1', isRolledBack: true, told: ['Created', 'Failed', ...TAKEN_BACK] },
  },
}

const NAMES = Object.keys(SCENARIOS)

describe('a deployment whose servers are killed', () => {
  let checkpoints: Server
  let weir: WeirServer
  let shop: Shop
  const deployments = new Map<string, WatchedDeployment>()
  const byId = new Map<string, WatchedDeployment>()

  beforeAll(async () => {
    checkpoints = createServer(async (request, response) => {
      const checkpoint = (await json(request)) as Checkpoint
      const { group, deployment } = checkpoint
      const watched = group === undefined ? byId.get(deployment) : deployments.get(group)
      if (watched) byId.set(deployment, watched)
      if (!watched || (watched.id !== undefined && watched.id !== deployment) || watched.pass(checkpoint))
        response.end()
    }).listen(0, '127.0.0.1')
    await once(checkpoints, 'listening')
    const { port } = checkpoints.address() as AddressInfo
    weir = await startWeir({
      vars: { WEIR_MINUTE_MS: '1000', WEIR_CHECKPOINTS: `http://127.0.0.1:${port}/` },
      flags: ['--script=test/e2e/deployment-crashes/halting-worker.ts'],
    })
    shop = new Shop(weir)
    await shop.open()
  })
  afterAll(async () => {
    checkpoints?.closeAllConnections()
    checkpoints?.close()
    await weir?.[Symbol.asyncDispose]()
  })

  const watch = (name: string, scenario: string, stops?: readonly string[]) => {
    const watched = new WatchedDeployment(shop, name, SCENARIOS[scenario]!, stops)
    deployments.set(name, watched)
    return watched
  }

  const stock = (all: readonly WatchedDeployment[]) =>
    inLanes(all, ({ name, scenario }) => shop.stock(name, scenario))

  /** Begins deployments and sees them through, until they are over or halted. */
  const seeThrough = (all: readonly WatchedDeployment[]) =>
    Promise.all(all.map(watched => watched.see(PATIENCE_MS)))

  it('goes on, or back, from every point, and leaves nothing owned', async () => {
    const points = await findPoints()
    const lines = inLines(points, LIVES)
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
    const random = randomSource(seed)
    console.log(`${points.length} points in ${lines.length} deployments; SEED=${seed}`)
    const halting = lines.map((line, index) => {
      const stops = line.map(({ label }) => label)
      return watch(`line-${index}`, line[0]!.scenario, stops)
    })
    const free = Array.from({ length: LIVES * AT_RANDOM }, (_, index) =>
      watch(`free-${index}`, NAMES[Math.floor(random() * NAMES.length)]!),
    )
    const all = [...halting, ...free]
    await stock(all)
    for (const each of halting) each.begin()
    for (let life = 0; life < LIVES; life++) {
      await seeThrough(halting)
      for (const each of halting) expect(each.isStill, told(each)).toBe(true)
      const begun = free.slice(life * AT_RANDOM, (life + 1) * AT_RANDOM)
      for (const each of begun) each.begin()
      await soon(async () => expect(begun.every(({ passed }) => passed.length > 1)).toBe(true))
      const pause = random() * AT_MOST_MS
      await Promise.all(begun.map(each => each.see(pause)))
      await weir.kill9()
      for (const each of begun) console.log(`${told(each)}, and killed ${pause.toFixed()} ms after it began`)
      // Objects wake before the server says that it is ready.
      for (const each of [...halting, ...begun]) each.revive()
      await weir.restart()
    }
    await seeThrough(all)
    for (const [index, each] of halting.entries()) {
      // A server that starts publishes what was not, too: then there may be nothing left to be published.
      const met = lines[index]!.filter(
        ({ call, label }) => each.halted.includes(label) || !OF_PUBLICATIONS.test(call),
      )
      expect(each.halted, told(each)).toEqual(met.map(({ label }) => label))
    }
    await inLanes(all, isAsItMustBe)
  }, 300_000)

  /** Of one deployment of each scenario that nobody disturbs, which have to come through everything that there is. */
  async function findPoints(): Promise<CrashPoint[]> {
    const whole = NAMES.map((scenario, index) => watch(`whole-${index}`, scenario))
    await stock(whole)
    for (const each of whole) each.begin()
    await seeThrough(whole)
    for (const each of whole) expect(each.isOver, told(each)).toBe(true)
    const points = crashPoints(
      whole.map(({ scenario, passed }, index) => ({ name: NAMES[index]!, scenario, passed })),
    )
    const phases = new Set(points.map(({ at }) => at.split(' ')[0]))
    expect(phases).toEqual(new Set(['none', ...Object.keys(PHASES)]))
    const kinds = new Set(whole.flatMap(({ passed }) => passed.flatMap(({ wanted }) => wanted ?? [])))
    expect(kinds).toEqual(new Set(Object.keys(DOES)))
    for (const kind of kinds) {
      for (const when of ['before', 'after']) {
        const isOfIt = (point: CrashPoint) =>
          point.when === when && DOES[kind].test(point.call) && (point.wanted?.includes(kind) ?? true)
        expect(points.some(isOfIt), `${when} ${kind}`).toBe(true)
      }
    }
    return points
  }

  async function isAsItMustBe(watched: WatchedDeployment): Promise<void> {
    const { name, id, scenario, executions, neverWas } = watched
    const { ends } = scenario
    const about = told(watched)
    expect(watched.isOver, about).toBe(true)
    const served = await shop.servedBy(name)
    if (neverWas) {
      await expect(shop.infoOf(id!)).rejects.toThrow('could not be found')
      expect(served[0], about).toEqual({ version: '1', weight: 0 })
    } else {
      const { status, rollbackInfo } = await shop.infoOf(id!)
      expect(status, about).toBe(ends.status)
      expect(rollbackInfo?.rollbackDeploymentId !== undefined, about).toBe(ends.isRolledBack ?? false)
      for (const one of served)
        expect(one, about).toEqual({ version: ends.version, weight: ends.weight ?? 0 })
      expect([...watched.told], about).toEqual(expect.arrayContaining([...ends.told]))
      for (const [hook, ids] of executions) expect(new Set(ids).size, `${hook} ${about}`).toBe(1)
      expect([...executions.keys()].sort(), about).toEqual(Object.keys(scenario.hooks ?? {}).sort())
    }
    if (ends.weight !== undefined) await shop.undivide(name)
    if (scenario.withAlarm) {
      await shop.cloudWatch.setAlarmState({ AlarmName: name, StateValue: 'OK', StateReason: 'quiet' })
    }
    const next = await shop.beginNext(name)
    await soon(async () => {
      const { status } = await shop.infoOf(next)
      if (status === 'Ready') await shop.codeDeploy.continueDeployment({ deploymentId: next })
      expect(status, about).toBe('Succeeded')
    })
  }
})

/** What became of a deployment, for whoever looks for what went wrong. */
const told = ({ name, scenario, halted, passed }: WatchedDeployment) =>
  `${name} (${NAMES.find(each => SCENARIOS[each] === scenario)}) was halted and killed at [${halted.join(' | ')}], came to [${passed
    .slice(-4)
    .map(({ label }) => label)
    .join(' | ')}]`

/** A few at a time. */
async function inLanes<T>(all: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const lane = async () => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) await work(each)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
}
