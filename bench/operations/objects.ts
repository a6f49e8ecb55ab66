import type { Counts } from './counts.ts'
import { running, type TimerHolder, time } from './platform.ts'
import { Database } from './sqlite.ts'

/** Milliseconds. Nothing is billed by these but the time in which an object is busy with a call. */
export const LATENCY = {
  /** From an isolate to an object, or back. */
  oneWay: 5,
  /** An object's answer waits for its writes to be confirmed. */
  write: 10,
  database: 20,
  store: 40,
  function: 2,
} as const

/** "An idle object that can hibernate does so after 10 s": its constructor then runs again with the next call. */
const EVICTED_AFTER_MS = 10_000

type Instance = Record<string, (...parts: unknown[]) => unknown>
type ObjectClass = new (ctx: unknown, env: unknown) => Instance

/** One Durable Object: its class's code over a database of its own, its calls, timers and alarm. */
class HostedObject implements TimerHolder {
  readonly name: string
  readonly database: Database
  readonly #kind: string
  readonly #ObjectClass: ObjectClass
  readonly #env: unknown
  readonly #counts: Counts
  #instance: Instance | undefined
  #ready: Promise<unknown> = Promise.resolve()
  #alarm: { readonly at: number; readonly id: number } | undefined
  #calls = 0
  #timers = 0
  /** Until when what was billed for is accounted for. */
  #since = time.now
  #idleSince = time.now
  #written = 0

  constructor(name: string, kind: string, ObjectClass: ObjectClass, env: unknown, counts: Counts) {
    this.name = name
    // Meters of keys, methods and accounts are of one class: `KeyMeter of keys`.
    const [family, ...rest] = name.split('/')
    this.#kind = rest.length > 0 ? `${kind} of ${family}` : kind
    this.database = new Database(this.#kind, name)
    this.#ObjectClass = ObjectClass
    this.#env = env
    this.#counts = counts
  }

  /** Runs one call, as one billed request. */
  async call(method: string, parts: unknown[]): Promise<unknown> {
    this.#counts.add(`object: ${this.#kind}.${method}`)
    this.#account()
    if (this.#calls + this.#timers === 0 && time.now - this.#idleSince > EVICTED_AFTER_MS)
      this.#instance = undefined
    this.#calls += 1
    const written = this.#written
    try {
      return await running.run(this, async () => {
        const instance = this.#awake()
        await this.#ready
        // While the object is made for its alarm, the alarm is still set; seen in workerd 2026-11-17.
        if (method === 'alarm') this.#alarm = undefined
        return await instance[method]!(...parts)
      })
    } finally {
      if (this.#written > written) await time.wait(LATENCY.write)
      this.#account()
      this.#calls -= 1
      this.#idleSince = time.now
    }
  }

  hold(): void {
    this.#account()
    this.#timers += 1
  }

  release(): void {
    this.#account()
    this.#timers -= 1
    this.#idleSince = time.now
  }

  /** Bills what has passed: an object with a call or a timer under way is in memory, one without may hibernate. */
  #account(): void {
    const passed = time.now - this.#since
    if (this.#calls > 0) this.#counts.add(`active ms: ${this.#kind}, in calls`, passed)
    else if (this.#timers > 0) this.#counts.add(`active ms: ${this.#kind}, for timers`, passed)
    this.#since = time.now
  }

  #awake(): Instance {
    this.#instance ??= new this.#ObjectClass(this.#context(), this.#env)
    return this.#instance
  }

  #context(): unknown {
    const { database } = this
    const exec = (sql: string, ...values: unknown[]) => {
      if (/^\s*(?:INSERT|UPDATE|DELETE|REPLACE)/i.test(sql)) this.#written += 1
      const { rows } = database.run(sql, values)
      return {
        toArray: () => rows,
        one: () => rows[0],
        [Symbol.iterator]: () => rows[Symbol.iterator](),
      }
    }
    const kvTable = () =>
      database.run('CREATE TABLE IF NOT EXISTS _kv (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID', [])
    const kv = {
      get: (key: string) => {
        kvTable()
        const [row] = database.run('SELECT value FROM _kv WHERE key = ?', [key]).rows
        return row && JSON.parse(String(row.value))
      },
      put: (key: string, value: unknown) => {
        kvTable()
        this.#written += 1
        database.run('INSERT OR REPLACE INTO _kv VALUES (?, ?)', [key, JSON.stringify(value)])
      },
      delete: (key: string) => {
        kvTable()
        database.run('DELETE FROM _kv WHERE key = ?', [key])
      },
      *list() {
        kvTable()
        for (const row of database.run('SELECT key, value FROM _kv ORDER BY key', []).rows)
          yield [row.key, JSON.parse(String(row.value))]
      },
    }
    const storage = {
      sql: { exec },
      kv,
      transactionSync: <T>(work: () => T) => work(),
      getAlarm: async () => this.#alarm?.at ?? null,
      setAlarm: async (at: number | Date) => this.#setAlarm(Math.floor(Number(at))),
      deleteAlarm: async () => this.#dropAlarm(),
      deleteAll: async () => {
        throw new Error('nothing is forgotten here')
      },
    }
    return {
      id: { name: this.name },
      storage,
      blockConcurrencyWhile: (work: () => Promise<unknown>) => {
        this.#ready = work()
        return this.#ready
      },
      waitUntil: () => {},
    }
  }

  #setAlarm(at: number): void {
    this.#counts.add(`alarm set: ${this.#kind}`)
    this.#written += 1
    this.#dropAlarm()
    // Seen to ring in the millisecond after.
    const id = time.after(at + 1 - time.now, () => {
      this.call('alarm', []).catch(error => console.error(`the alarm of ${this.name} failed`, error))
    })
    this.#alarm = { at, id }
  }

  #dropAlarm(): void {
    if (this.#alarm) time.drop(this.#alarm.id)
    this.#alarm = undefined
  }
}

/** The objects of one class. */
export class Namespace {
  readonly #kind: string
  readonly #ObjectClass: ObjectClass
  readonly #counts: Counts
  readonly #env: () => unknown
  readonly objects = new Map<string, HostedObject>()

  /** @param env what the objects' constructors get */
  constructor(kind: string, ObjectClass: ObjectClass, env: () => unknown, counts: Counts) {
    this.#kind = kind
    this.#ObjectClass = ObjectClass
    this.#env = env
    this.#counts = counts
  }

  getByName(name: string): unknown {
    return new Proxy(
      {},
      {
        get: (_, method) => {
          // A stub is not a promise.
          if (typeof method !== 'string' || method === 'then') return undefined
          return (...parts: unknown[]) => this.#call(name, method, parts)
        },
      },
    )
  }

  async #call(name: string, method: string, parts: unknown[]): Promise<unknown> {
    let object = this.objects.get(name)
    if (!object) {
      object = new HostedObject(name, this.#kind, this.#ObjectClass, this.#env(), this.#counts)
      this.objects.set(name, object)
    }
    const sent = structuredClone(parts)
    await time.wait(LATENCY.oneWay)
    const result = structuredClone(await object.call(method, sent))
    await time.wait(LATENCY.oneWay)
    return result
  }
}
