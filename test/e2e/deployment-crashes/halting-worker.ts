import { DeploymentDriver as Driver } from '../../../durable-objects/deployment-driver.ts'
import type { DeploymentState, Effect, Release } from '../../../src/deployments/deployment-state.ts'
import type { Env } from '../../../src/env.ts'
import type { Invocation } from '../../../src/functions/invocation.ts'
import type { AlarmStatus } from '../../../src/observability/alarms/alarm-state.ts'
import worker, { FunctionCaller as Caller } from '../../../src/worker.ts'
import type { Checkpoint } from './checkpoint.ts'

// Weir, but whatever a deployment has written, and everything it hears, is told to a test before and after: what that
// does not answer stays where it is, until all of it is killed.

export * from '../../../src/worker.ts'

// What a crash kept from being published is for the deployment itself to publish, not for the next minute's schedule.
export default { ...worker, scheduled: async () => {} } satisfies ExportedHandler<Env>

interface HaltingEnv extends Env {
  /** Where the test listens. */
  readonly WEIR_CHECKPOINTS: string
}

type Place = Pick<Checkpoint, 'deployment' | 'group' | 'phase' | 'step' | 'change' | 'wanted'>

async function pass(env: Env, checkpoint: Checkpoint): Promise<void> {
  const body = JSON.stringify(checkpoint)
  const response = await fetch((env as HaltingEnv).WEIR_CHECKPOINTS, { method: 'POST', body })
  await response.body?.cancel()
}

export class DeploymentDriver extends Driver {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, halting(env, ctx.storage))
  }

  override begin(release: Release) {
    return this.#halting('begin', () => super.begin(release), {
      deployment: release.id,
      group: release.group,
      phase: 'none',
      step: -1,
      change: 0,
      wanted: [],
    })
  }

  // The methods of the object answer at once: here they answer when the test lets them.
  override stop(id: string, by: string, rollBack: boolean | undefined) {
    return this.#halting('stop', async () => super.stop(id, by, rollBack)) as never
  }

  override goOn(id: string, by: string) {
    return this.#halting('continue', async () => super.goOn(id, by)) as never
  }

  override hookAnswered(id: string, executionId: string, status: 'Succeeded' | 'Failed') {
    return this.#halting('hook answered', async () => super.hookAnswered(id, executionId, status)) as never
  }

  override alarmChanged(status: AlarmStatus) {
    return this.#halting(`alarm ${status.state}`, () => super.alarmChanged(status))
  }

  override alarm() {
    return this.#halting('tick', () => super.alarm())
  }

  async #halting<T>(call: string, work: () => Promise<T>, place = placeOf(this.ctx.storage)): Promise<T> {
    if (!place) return work()
    await pass(this.env, { ...place, call, when: 'before' })
    const done = await work()
    const change = placeOf(this.ctx.storage)?.change ?? place.change
    await pass(this.env, { ...place, change, call, when: 'after' })
    return done
  }
}

export class FunctionCaller extends Caller {
  override async invoke(invocation: Invocation) {
    const { DeploymentId: deployment, LifecycleEventHookExecutionId: execution } = JSON.parse(
      typeof invocation.payload === 'string' ? invocation.payload : '{}',
    ) as Record<string, string>
    if (deployment === undefined) return super.invoke(invocation)
    const place = { deployment, call: `hook ${invocation.name}`, detail: execution }
    await pass(this.env, { ...place, when: 'before' })
    const result = await super.invoke(invocation)
    await pass(this.env, { ...place, when: 'after' })
    return result
  }
}

/** What the object has on disk of the deployment that is under way. */
function placeOf({ kv }: DurableObjectStorage): Place | undefined {
  const saved = [...kv.list<{ state: DeploymentState; seq: number }>({ prefix: 'deployment/' })]
  const [, found] = saved.find(([, { state }]) => state.phase !== 'ended') ?? saved.at(-1) ?? []
  if (!found) return undefined
  const { release, phase, step, wanted } = found.state
  return {
    deployment: release.id,
    group: release.group,
    phase,
    step,
    change: found.seq,
    wanted: wanted.map(({ kind }: Effect) => kind),
  }
}

/** The same, with halts before and after whatever is written, and after every call of another object. */
function halting(env: Env, storage: DurableObjectStorage): Env {
  const around = async <T>(call: string, work: () => Promise<T>, detail?: string): Promise<T> => {
    const place = placeOf(storage)
    if (!place) return work()
    await pass(env, { ...place, call, when: 'before' })
    const done = await work()
    const change = placeOf(storage)?.change ?? place.change
    await pass(env, { ...place, change, call, when: 'after', ...(detail !== undefined && { detail }) })
    return done
  }
  const objects = <T extends Rpc.DurableObjectBranded>(name: string, of: DurableObjectNamespace<T>) =>
    ({
      getByName: (object: string) =>
        new Proxy(
          {},
          {
            get:
              (_, method: string) =>
              (...args: unknown[]) => {
                const stub = of.getByName(object) as unknown as Record<
                  string,
                  (...args: unknown[]) => Promise<unknown>
                >
                const detail = name === 'TOPIC_HUB' ? JSON.stringify(args[0]) : undefined
                return around(`${name}.${method}`, () => stub[method]!(...args), detail)
              },
          },
        ),
    }) as unknown as DurableObjectNamespace<T>
  return {
    ...env,
    DB: haltingDatabase(env.DB, around),
    STORE: new Proxy(env.STORE, {
      get: (store, method: 'put') =>
        method === 'put'
          ? (...args: Parameters<R2Bucket['put']>) => around('STORE.put', () => store.put(...args))
          : typeof store[method] === 'function'
            ? (store[method] as () => void).bind(store)
            : store[method],
    }),
    ALIAS_ROUTER: objects('ALIAS_ROUTER', env.ALIAS_ROUTER),
    STAGE_ROUTER: objects('STAGE_ROUTER', env.STAGE_ROUTER),
    ALARM_WATCH: objects('ALARM_WATCH', env.ALARM_WATCH),
    TOPIC_HUB: objects('TOPIC_HUB', env.TOPIC_HUB),
  }
}

type Around = <T>(call: string, work: () => Promise<T>) => Promise<T>

function haltingDatabase(db: D1Database, around: Around): D1Database {
  interface Wrapped extends D1PreparedStatement {
    readonly sql: string
    readonly statement: D1PreparedStatement
  }
  const wrap = (sql: string, statement: D1PreparedStatement): Wrapped =>
    ({
      sql,
      statement,
      bind: (...values: unknown[]) => wrap(sql, statement.bind(...values)),
      first: (...column: [string]) => statement.first(...column),
      all: () => statement.all(),
      run: () => around(`write ${tablesOf([sql])}`, () => statement.run()),
    }) as unknown as Wrapped
  return {
    prepare: (sql: string) => wrap(sql, db.prepare(sql)),
    batch: (statements: Wrapped[]) => {
      const work = () => db.batch(statements.map(({ statement }) => statement))
      const tables = tablesOf(statements.map(({ sql }) => sql))
      return tables === '' ? work() : around(`write ${tables}`, work)
    },
  } as unknown as D1Database
}

const tablesOf = (sql: readonly string[]): string =>
  [
    ...new Set(
      sql.flatMap(
        text => /^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+(\w+)/i.exec(text)?.[1] ?? [],
      ),
    ),
  ].join(' ')
