import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type ExecutionBatch, executionMeterName } from '../../../src/functions/executions/execution-batch.ts'
import {
  type ExecutionRow,
  ExecutionTables,
  type Sql,
} from '../../../src/functions/executions/execution-tables.ts'
import type { Execution } from '../../../src/functions/executions/execution-usage.ts'
import { ExecutionRecorder } from '../../../src/functions/executions/record-executions.ts'

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

/** The usage table. */
class UsageTable {
  readonly rows = new Map<string, ExecutionRow>()

  take(rows: readonly ExecutionRow[]): void {
    for (const row of rows) {
      const key = [row.day, row.name, row.version, row.qualifier].join()
      const known = this.rows.get(key)
      if (!known || row.seq > known.seq) this.rows.set(key, row)
    }
  }
}

/** What happens to a message to the object. */
type Fate = 'arrives' | 'lost' | 'reply-lost' | 'object-dies-before' | 'object-dies-after' | 'late'

const fates = fc.array(
  fc.constantFrom<Fate>('arrives', 'lost', 'reply-lost', 'object-dies-before', 'object-dies-after', 'late'),
  { maxLength: 60 },
)

type Step =
  | { readonly do: 'call'; readonly isolate: number; readonly execution: Partial<Execution> }
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

/** Isolates, an object and the usage table, over a network and machines that fail as they are told. */
class World {
  now = BEGIN
  readonly table = new UsageTable()
  readonly #database = objectDatabase()
  #object = new ExecutionTables(this.#database.sql)
  readonly #late: ExecutionBatch[] = []
  readonly #fates: Fate[]
  readonly isolates: ExecutionRecorder[]
  #ids = 0

  constructor(fates: Fate[]) {
    this.#fates = [...fates]
    this.isolates = [0, 1, 2].map(
      () =>
        new ExecutionRecorder({
          clock: () => this.now,
          sleep,
          defer: () => {},
          newId: () => `sender-${this.#ids++}`,
          send: async (_, batch) => this.#send(structuredClone(batch)),
        }),
    )
  }

  #apply(batch: ExecutionBatch, survives = true): void {
    this.#database.turn(() => this.#object.apply(batch, this.now), survives)
  }

  die(): void {
    this.#object = new ExecutionTables(this.#database.sql)
  }

  #send(batch: ExecutionBatch): void {
    const fate = this.#fates.shift() ?? 'arrives'
    if (fate === 'late') this.#late.push(batch)
    if (fate === 'object-dies-before') {
      this.#apply(batch, false)
      this.die()
    }
    if (fate === 'lost' || fate === 'late' || fate === 'object-dies-before') throw new Error(fate)
    this.#apply(batch)
    if (fate === 'object-dies-after') this.die()
    if (fate !== 'arrives') throw new Error(fate)
  }

  /** All that was under way, newest first, and twice. */
  deliverLate(): void {
    for (const batch of [...this.#late, ...this.#late].reverse()) this.#apply(batch)
    this.#late.length = 0
  }

  rollUp(reaches: 'all' | 'nothing' | 'unheard'): void {
    for (;;) {
      const rows = this.#object.unrolled(2)
      if (rows.length === 0) break
      if (reaches === 'nothing') return
      this.table.take(rows)
      if (reaches === 'unheard') {
        this.die()
        return
      }
      this.#object.markRolled(rows)
    }
    this.#object.prune(this.now)
  }
}

describe('counting executions', () => {
  it('counts every call once, whatever is lost, doubled, late or dead, once the network is back', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await fc.assert(
      fc.asyncProperty(steps, fates, async (steps, fates) => {
        const world = new World(fates)
        const truth = new Map<string, number[]>()
        for (const step of steps) {
          if (step.do === 'call') {
            const execution = { ...CALL, ...step.execution }
            world.isolates[step.isolate]!.record(execution)
            const { version, qualifier = '', billedMs, memorySizeMB, failed, initMs } = execution
            const day = new Date(world.now).toISOString().slice(0, 10)
            const key = [day, CALL.name, version, qualifier].join()
            const call = [
              1,
              Number(failed),
              billedMs,
              billedMs * memorySizeMB,
              Number(initMs !== undefined),
              initMs ?? 0,
            ]
            truth.set(
              key,
              (truth.get(key) ?? [0, 0, 0, 0, 0, 0]).map((sum, at) => sum + call[at]!),
            )
          }
          if (step.do === 'flush') await world.isolates[step.isolate]!.flush()
          if (step.do === 'roll-up') world.rollUp(step.reaches)
          if (step.do === 'late') world.deliverLate()
          if (step.do === 'die') world.die()
          if (step.do === 'pass') {
            // Isolates tell what they have within the seconds that a flush is tried for, and not days later.
            await settle(world)
            world.now += step.ms
          }
          for (const [key, row] of world.table.rows)
            expect(row.requests).toBeLessThanOrEqual(truth.get(key)![0]!)
        }
        await settle(world)
        const counted = [...world.table.rows].map(
          ([key, { requests, failures, billedMs, mbMs, inits, initMs }]) =>
            [key, [requests, failures, billedMs, mbMs, inits, initMs]] as const,
        )
        expect(new Map(counted)).toEqual(truth)
      }),
      { numRuns: 400 },
    )
    warn.mockRestore()
  })

  it('plans one flush for the calls of a second, and another when that one never comes', () => {
    let now = BEGIN
    let planned = 0
    const recorder = new ExecutionRecorder({
      clock: () => now,
      sleep,
      defer: () => planned++,
      newId: () => 'sender',
      send: async () => {},
    })
    for (let call = 0; call < 10; call++) {
      recorder.record(CALL)
      now += 100
    }
    expect(planned).toBe(1)
    now += 25_000
    recorder.record(CALL)
    expect(planned).toBe(2)
    // The clock is set back by an hour.
    now -= 3_600_000
    recorder.record(CALL)
    expect(planned).toBe(3)
  })

  it.each([
    ['a thousand times a second', 1, 61],
    ['once a second', 1_000, 4],
  ])(
    'tells of a function that is called %s for a minute no more often than it has to',
    async (_, every, most) => {
      let now = BEGIN
      const timers: { at: number; wake: () => void }[] = []
      const wait = (ms: number) => new Promise<void>(wake => timers.push({ at: now + ms, wake }))
      const told: ExecutionBatch[] = []
      const recorder = new ExecutionRecorder({
        clock: () => now,
        sleep: wait,
        defer: () => {},
        newId: () => 'sender',
        send: async (_, batch) => {
          told.push(batch)
          await wait(40)
        },
      })
      const pass = async (ms: number, calling: boolean) => {
        for (const until = now + ms; now < until; ) {
          now += 1
          if (calling && now % every === 0) recorder.record(CALL)
          const due = timers.filter(({ at }) => at <= now)
          for (const timer of due) timers.splice(timers.indexOf(timer), 1)
          for (const { wake } of due) wake()
          if (due.length > 0) await new Promise(setImmediate)
        }
      }
      await pass(60_000, true)
      await pass(25_000, false)
      expect(told.length).toBeLessThanOrEqual(most)
      const requests = told.map(({ counts }) => Math.max(0, ...counts.map(count => count.requests)))
      expect(Math.max(...requests)).toBe(60_000 / every)
    },
  )

  it('tries a meter again that does not answer, and keeps what it cannot tell', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const pauses: number[] = []
    const told: ExecutionBatch[] = []
    let isDown = true
    const recorder = new ExecutionRecorder({
      clock: () => BEGIN,
      sleep: async ms => {
        pauses.push(ms)
        await sleep(ms)
      },
      defer: () => {},
      newId: () => 'sender',
      send: async (_, batch) => {
        if (isDown) throw new Error('down')
        told.push(batch)
      },
    })
    recorder.record(CALL)
    await recorder.flush()
    expect(pauses).toEqual([1_000, 2_000, 5_000])
    expect(warn).toHaveBeenCalledOnce()
    isDown = false
    recorder.record(CALL)
    await recorder.flush()
    await recorder.flush()
    expect(told.map(({ counts }) => counts.map(({ requests }) => requests))).toEqual([[2]])
    warn.mockRestore()
  })

  it('holds no more than it has to: what the meter has of the day before is let go of', async () => {
    let now = BEGIN
    const told: ExecutionBatch[] = []
    let ids = 0
    const recorder = new ExecutionRecorder({
      clock: () => now,
      sleep,
      defer: () => {},
      newId: () => `sender-${ids++}`,
      send: async (_, batch) => {
        told.push(batch)
      },
    })
    for (let day = 0; day < 3; day++) {
      recorder.record(CALL)
      await recorder.flush()
      now += DAY_MS
    }
    recorder.record(CALL)
    await recorder.flush()
    expect(told.map(({ sender, counts }) => [sender, counts.length, counts[0]!.requests])).toEqual([
      ['sender-0', 1, 1],
      ['sender-0', 1, 1],
      ['sender-1', 1, 1],
      ['sender-1', 1, 1],
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

/** The network is back, and everybody says what they have to say. */
async function settle(world: World): Promise<void> {
  for (const isolate of world.isolates) {
    // As often as a fate may still be bad.
    for (let time = 0; time < 25; time++) await isolate.flush()
  }
  world.deliverLate()
  world.rollUp('all')
}
