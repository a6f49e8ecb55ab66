import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Execution } from '../../src/functions/executions/execution-usage.ts'
import { recordExecutions } from '../../src/functions/executions/record-executions.ts'
import { MethodUsage, type Outcome } from '../../src/gateway/method-usage.ts'
import { FlushCycle, type FlushCycleOptions } from '../../src/lib/flush-cycle.ts'
import { type CountBatch, executionMeterName, readBatch } from '../../src/usage/count-batch.ts'
import { type CountRow, CountTables, type Sql } from '../../src/usage/count-tables.ts'
import { CountRecorder, type RecorderOptions } from '../../src/usage/record-counts.ts'

const account = { id: '000000000000', region: 'eu-central-1' }
const BEGIN = Date.parse('2026-11-22T12:00:00Z')
const DAY_MS = 86_400_000

/** An object's SQLite, with what dies with the object when a turn does not end. */
function objectDatabase() {
  const db = new DatabaseSync(':memory:')
  const sql: Sql = {
    exec(query, ...values) {
      if (values.length === 0 && query.includes(';')) {
        db.exec(query)
        return { toArray: () => [] }
      }
      const rows = db.prepare(query).all(...values) as ReturnType<ReturnType<Sql['exec']>['toArray']>
      return { toArray: () => rows }
    },
  }
  return {
    sql,
    /** One turn of the object: all of its writes are kept, or none. */
    turn(work: () => void, survives: boolean) {
      db.exec('BEGIN')
      work()
      db.exec(survives ? 'COMMIT' : 'ROLLBACK')
    },
  }
}

/** The usage tables, of all kinds and meters. */
class UsageTable {
  readonly rows = new Map<string, CountRow>()

  take(meter: string, rows: readonly CountRow[]): void {
    for (const row of rows) {
      const key = JSON.stringify([row.kind, row.day, row.labels, meter])
      const known = this.rows.get(key)
      if (!known || row.seq > known.seq) this.rows.set(key, row)
    }
  }

  /** Over all meters. */
  totals(): Map<string, number[]> {
    const totals = new Map<string, number[]>()
    for (const { kind, day, labels, sums } of this.rows.values()) add(totals, [kind, day, ...labels], sums)
    return totals
  }
}

function add(totals: Map<string, number[]>, labels: readonly string[], sums: readonly number[]): void {
  const key = labels.join()
  const known = totals.get(key) ?? [0, 0, 0, 0, 0, 0]
  totals.set(
    key,
    known.map((sum, at) => sum + sums[at]!),
  )
}

/** What happens to a message to the object. */
type Fate = 'arrives' | 'lost' | 'reply-lost' | 'object-dies-before' | 'object-dies-after' | 'late'

const fates = fc.array(
  fc.constantFrom<Fate>('arrives', 'lost', 'reply-lost', 'object-dies-before', 'object-dies-after', 'late'),
  { maxLength: 60 },
)

type Step =
  | { readonly do: 'call'; readonly isolate: number; readonly execution: Partial<Execution> }
  | {
      readonly do: 'request'
      readonly isolate: number
      readonly method: number
      readonly keyId: string
      readonly outcome: Outcome
    }
  | { readonly do: 'flush'; readonly isolate: number }
  | { readonly do: 'roll-up'; readonly reaches: 'all' | 'nothing' | 'unheard' }
  | { readonly do: 'late' | 'die' }
  | { readonly do: 'pass'; readonly ms: number }

const isolate = fc.nat({ max: 2 })
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('call' as const),
        isolate,
        execution: fc.record(
          {
            version: fc.constantFrom('$LATEST', '1', '2'),
            qualifier: fc.constantFrom('prod', undefined),
            memorySizeMB: fc.constantFrom(128, 10_240),
            billedMs: fc.nat({ max: 900_000 }),
            initMs: fc.option(fc.nat({ max: 10_000 }), { nil: undefined }),
            failed: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('request' as const),
        isolate,
        method: fc.nat({ max: 1 }),
        keyId: fc.constantFrom('', 'k1', 'k2'),
        outcome: fc.constantFrom<Outcome>(0, 1, 2, 3, 4, 5),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const), isolate }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('roll-up' as const),
        reaches: fc.constantFrom('all' as const, 'nothing' as const, 'unheard' as const),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'late' as const }, { do: 'die' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat({ max: 5 * DAY_MS }) }),
    },
  ),
  { maxLength: 80 },
) as fc.Arbitrary<Step[]>

const METHODS = ['GET /', 'GET /pets/{id}']

/** Isolates, objects and the usage tables, over a network and machines that fail as they are told. */
class World {
  now = BEGIN
  readonly table = new UsageTable()
  readonly #databases = new Map<string, ReturnType<typeof objectDatabase>>()
  readonly #objects = new Map<string, CountTables>()
  readonly #late: [meter: string, batch: CountBatch][] = []
  readonly #fates: Fate[]
  readonly isolates: { readonly counts: CountRecorder; readonly methods: readonly MethodUsage[] }[]
  #ids = 0

  constructor(fates: Fate[]) {
    this.#fates = [...fates]
    this.isolates = [0, 1, 2].map(isolate => ({
      counts: recorder({
        clock: () => this.now,
        newId: () => `sender-${this.#ids++}`,
        random: () => isolate / 4,
        send: async (meter, batch) => this.#send(meter, structuredClone(batch)),
      }),
      methods: METHODS.map(method => new MethodUsage(account, 'api', 'prod', method, true)),
    }))
  }

  #objectOf(meter: string): CountTables {
    if (!this.#databases.has(meter)) this.#databases.set(meter, objectDatabase())
    const object = this.#objects.get(meter) ?? new CountTables(this.#databases.get(meter)!.sql)
    this.#objects.set(meter, object)
    return object
  }

  #apply(meter: string, batch: CountBatch, survives = true): void {
    const object = this.#objectOf(meter)
    this.#databases.get(meter)!.turn(() => object.apply(batch.tellings, this.now), survives)
  }

  die(): void {
    this.#objects.clear()
  }

  #send(meter: string, batch: CountBatch): void {
    const fate = this.#fates.shift() ?? 'arrives'
    if (fate === 'late') this.#late.push([meter, batch])
    if (fate === 'object-dies-before') {
      this.#apply(meter, batch, false)
      this.die()
    }
    if (fate === 'lost' || fate === 'late' || fate === 'object-dies-before') throw new Error(fate)
    this.#apply(meter, batch)
    if (fate === 'object-dies-after') this.die()
    if (fate !== 'arrives') throw new Error(fate)
  }

  /** All that was under way, newest first, and twice. */
  deliverLate(): void {
    for (const [meter, batch] of [...this.#late, ...this.#late].reverse()) this.#apply(meter, batch)
    this.#late.length = 0
  }

  rollUp(reaches: 'all' | 'nothing' | 'unheard'): void {
    for (const meter of this.#databases.keys()) {
      const object = this.#objectOf(meter)
      for (;;) {
        const rows = object.unrolled(2)
        if (rows.length === 0) break
        if (reaches === 'nothing') return
        this.table.take(meter, rows)
        if (reaches === 'unheard') {
          this.die()
          return
        }
        object.markRolled(rows)
      }
      object.prune(this.now)
    }
  }
}

describe('counting calls and requests', () => {
  it('counts each of them once, whatever is lost, doubled, late or dead, once the network is back', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await fc.assert(
      fc.asyncProperty(steps, fates, async (steps, fates) => {
        const world = new World(fates)
        const truth = new Map<string, number[]>()
        for (const step of steps) {
          const day = new Date(world.now).toISOString().slice(0, 10)
          if (step.do === 'call') {
            const execution = { ...CALL, ...step.execution }
            recordExecutions(world.isolates[step.isolate]!.counts).record(execution)
            const { version, qualifier = '', billedMs, memorySizeMB, failed, initMs } = execution
            const mbMs = billedMs * memorySizeMB
            const init = initMs === undefined ? [0, 0] : [1, initMs]
            const sums = [1, Number(failed), billedMs, mbMs, ...init]
            add(truth, ['executions', day, CALL.name, version, qualifier], sums)
          }
          if (step.do === 'request') {
            const { counts, methods } = world.isolates[step.isolate]!
            methods[step.method]!.count(counts, step.keyId, step.outcome, world.now)
            const sums = [1, ...[1, 2, 3, 4, 5].map(outcome => Number(outcome === step.outcome))]
            add(truth, ['method_usage', day, 'api', 'prod', METHODS[step.method]!, step.keyId], sums)
          }
          if (step.do === 'flush') await world.isolates[step.isolate]!.counts.flush()
          if (step.do === 'roll-up') world.rollUp(step.reaches)
          if (step.do === 'late') world.deliverLate()
          if (step.do === 'die') world.die()
          if (step.do === 'pass') {
            // Isolates tell what they have within the seconds that a flush is tried for, and not days later.
            await settle(world)
            world.now += step.ms
          }
          for (const [key, [requests]] of world.table.totals())
            expect(requests).toBeLessThanOrEqual(truth.get(key)![0]!)
        }
        await settle(world)
        expect(world.table.totals()).toEqual(truth)
      }),
      { numRuns: 400 },
    )
    warn.mockRestore()
  })

  it('plans one flush for what is counted in a second, and another when that one never comes', () => {
    let now = BEGIN
    let planned = 0
    const counts = recorder({ clock: () => now, defer: () => planned++ })
    for (let call = 0; call < 10; call++) {
      recordExecutions(counts).record(CALL)
      now += 100
    }
    expect(planned).toBe(1)
    now += 25_000
    recordExecutions(counts).record(CALL)
    expect(planned).toBe(2)
    // The clock is set back by an hour.
    now -= 3_600_000
    recordExecutions(counts).record(CALL)
    expect(planned).toBe(3)
  })

  it.each([
    ['a thousand times a second', 1, 61],
    ['once a second', 1_000, 4],
  ])(
    'tells of a method and its function that are called %s for a minute in one call each time, and no more often than it has to',
    async (_, every, most) => {
      let now = BEGIN
      const timers: { at: number; wake: () => void }[] = []
      const wait = (ms: number) => new Promise<void>(wake => timers.push({ at: now + ms, wake }))
      const told: [meter: string, batch: CountBatch][] = []
      const counts = recorder({
        clock: () => now,
        sleep: wait,
        send: async (meter, batch) => {
          told.push([meter, batch])
          await wait(40)
        },
      })
      const method = new MethodUsage(account, 'api', 'prod', 'GET /', true)
      const pass = async (ms: number, calling: boolean) => {
        for (const until = now + ms; now < until; ) {
          now += 1
          if (calling && now % every === 0) {
            recordExecutions(counts).record(CALL)
            method.count(counts, 'k1', 0, now)
          }
          const due = timers.filter(({ at }) => at <= now)
          for (const timer of due) timers.splice(timers.indexOf(timer), 1)
          for (const { wake } of due) wake()
          if (due.length > 0) await new Promise(setImmediate)
        }
      }
      await pass(60_000, true)
      await pass(25_000, false)
      expect(told.length).toBeLessThanOrEqual(most)
      expect(new Set(told.map(([meter]) => meter)).size).toBe(1)
      // A row each time, as both kinds are said by one sender.
      expect(new Set(told.flatMap(([, { tellings }]) => tellings.map(({ sender }) => sender))).size).toBe(1)
      const last = told.at(-1)![1].tellings[0]!.counts
      expect(last.map(({ kind, sums }) => [kind, sums[0]])).toEqual([
        ['executions', 60_000 / every],
        ['method_usage', 60_000 / every],
      ])
    },
  )

  it('tries a meter again that does not answer, and keeps what it cannot tell', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const pauses: number[] = []
    const told: CountBatch[] = []
    let isDown = true
    const counts = recorder({
      sleep: async ms => {
        pauses.push(ms)
        await sleep(ms)
      },
      send: async (_, batch) => {
        if (isDown) throw new Error('down')
        told.push(batch)
      },
    })
    const { record } = recordExecutions(counts)
    record(CALL)
    await counts.flush()
    expect(pauses).toEqual([1_000, 2_000, 5_000])
    expect(warn).toHaveBeenCalledOnce()
    isDown = false
    record(CALL)
    await counts.flush()
    await counts.flush()
    expect(requestsOf(told)).toEqual([[2]])
    warn.mockRestore()
  })

  it('holds no more than it has to: what the meter has of the day before is let go of', async () => {
    let now = BEGIN
    const told: CountBatch[] = []
    let ids = 0
    const counts = recorder({
      clock: () => now,
      newId: () => `sender-${ids++}`,
      send: async (_, batch) => {
        told.push(batch)
      },
    })
    const { record } = recordExecutions(counts)
    for (let day = 0; day < 3; day++) {
      record(CALL)
      await counts.flush()
      now += DAY_MS
    }
    record(CALL)
    record(CALL)
    await counts.flush()
    expect(told.map(({ tellings }) => tellings.map(({ sender, day }) => `${sender} ${day}`))).toEqual([
      ['sender-0 2026-11-22'],
      ['sender-1 2026-11-23'],
      ['sender-2 2026-11-24'],
      ['sender-3 2026-11-25'],
    ])
    expect(requestsOf(told)).toEqual([[1], [1], [1], [2]])
  })

  it('writes a row for hundreds of methods and keys, and not one for each', async () => {
    const { sql } = objectDatabase()
    const tables = new CountTables(sql)
    let ids = 0
    const counts = recorder({
      newId: () => `sender-${ids++}`,
      send: async (_, { tellings }) => tables.apply(tellings, BEGIN),
    })
    const methods = Array.from(
      { length: 300 },
      (_, n) => new MethodUsage(account, 'api', 'prod', `GET /${n}`, true),
    )
    for (const method of methods) for (const key of ['k1', 'k2']) method.count(counts, key, 0, BEGIN)
    await counts.flush()
    expect(sql.exec('SELECT count(*) AS n FROM tellings').toArray()).toMatchObject([{ n: 3 }])
    expect(tables.unrolled(1_000)).toHaveLength(600)
  })

  it('counts requests in another meter from when on an account has calls of functions', async () => {
    const told: string[] = []
    const counts = recorder({ send: async meter => void told.push(meter), random: () => 0.99 })
    const method = new MethodUsage(account, 'api', 'prod', 'GET /', true)
    method.count(counts, '', 0, BEGIN)
    await counts.flush()
    const meter = executionMeterName(account, CALL.name)
    expect(told).not.toContain(meter)
    recordExecutions(counts).record(CALL)
    method.count(counts, '', 0, BEGIN)
    await counts.flush()
    expect(told.slice(1)).toEqual([meter])
  })

  it('reads what an object wrote down that knew of functions alone, and hears their isolates', () => {
    const { sql } = objectDatabase()
    sql.exec(`CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE executions (
        day TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, qualifier TEXT NOT NULL, sender TEXT NOT NULL,
        requests INTEGER NOT NULL, failures INTEGER NOT NULL, billed_ms INTEGER NOT NULL, mb_ms INTEGER NOT NULL,
        inits INTEGER NOT NULL, init_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (day, name, version, qualifier, sender)
      ) WITHOUT ROWID;
      INSERT INTO facts VALUES ('schema', 1), ('marked', 1), ('rolled', 2);
      INSERT INTO executions VALUES
        ('2026-11-22', 'f', '1', '', 'a', 3, 1, 30, 3840, 1, 5, 1),
        ('2026-11-22', 'g', '1', '', 'a', 1, 0, 10, 1280, 1, 5, 2),
        ('2026-11-22', 'f', '1', '', 'b', 2, 0, 20, 2560, 1, 5, 3);`)
    for (const life of [1, 2]) {
      const tables = new CountTables(sql)
      expect(tables.isMarked, `life ${life}`).toBe(true)
      // Both senders', as one of them has said something that the usage table does not have.
      expect(tables.unrolled(10)).toEqual([
        {
          day: '2026-11-22',
          kind: 'executions',
          labels: ['f', '1', ''],
          sums: [5, 1, 50, 6400, 2, 10],
          seq: 3,
        },
      ])
    }
    const tables = new CountTables(sql)
    const call = { name: 'f', version: '1', qualifier: '', day: '2026-11-22' }
    const sums = { requests: 4, failures: 1, billedMs: 40, mbMs: 5120, inits: 1, initMs: 5 }
    const { tellings } = readBatch({ protocol: 1, sender: 'a', counts: [{ ...call, ...sums }] })
    tables.apply(tellings, BEGIN)
    expect(tables.unrolled(10)).toMatchObject([
      { labels: ['f', '1', ''], sums: [6, 1, 60, 7680, 2, 10], seq: 4 },
    ])
  })

  it('spreads functions over a few meters, each function always with the same', () => {
    const meters = new Set(
      Array.from({ length: 100 }, (_, n) => executionMeterName(account, `function-${n}`)),
    )
    expect([...meters].sort()).toEqual([0, 1, 2, 3].map(n => `executions/000000000000/eu-central-1/${n}`))
  })
})

const CALL: Execution = {
  account,
  name: 'f',
  version: '1',
  memorySizeMB: 128,
  billedMs: 5,
  failed: false,
}

/** A flush that is planned never comes, as tests flush themselves; the pauses before it is tried again take no time. */
const sleep = (ms: number): Promise<void> => (ms === 1_000 ? new Promise(() => {}) : Promise.resolve())

const requestsOf = (told: readonly CountBatch[]) =>
  told.map(({ tellings }) => tellings.flatMap(({ counts }) => counts.map(({ sums }) => sums[0])))

const recorder = (options: Partial<RecorderOptions & FlushCycleOptions>) => {
  const all = {
    clock: () => BEGIN,
    sleep,
    defer: () => {},
    newId: () => 'sender',
    random: () => 0,
    send: async () => {},
    ...options,
  }
  return new CountRecorder({ cycle: new FlushCycle(all), ...all })
}

/** The network is back, and everybody says what they have to say. */
async function settle(world: World): Promise<void> {
  for (const isolate of world.isolates) {
    // As often as a fate may still be bad.
    for (let time = 0; time < 25; time++) await isolate.counts.flush()
  }
  world.deliverLate()
  world.rollUp('all')
}
