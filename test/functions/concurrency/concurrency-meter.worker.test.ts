/// <reference types="@cloudflare/vitest-plugin/types" />
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ConcurrencyMeter } from '../../../durable-objects/concurrency-meter.ts'
import type { Env } from '../../../src/env.ts'
import { FunctionConcurrency } from '../../../src/functions/concurrency/function-concurrency.ts'
import { meterName } from '../../../src/functions/concurrency/meter-name.ts'
import {
  PERMIT_PROTOCOL,
  PERMITS,
  type PermitRequest,
} from '../../../src/functions/concurrency/permit-protocol.ts'
import { forgetMeters, tellMeters } from '../../../src/functions/concurrency/tell-meters.ts'
import { objectMark } from '../../../src/lib/object-marks.ts'

const env = bindings as unknown as Env

let functions = 0
let account: string
let pointer: string
let name: string

beforeEach(() => {
  functions += 1
  account = String(functions).padStart(12, '0')
  pointer = `${account}/us-east-1/mine`
  name = meterName(pointer, 'uid')
})

const meter = () => env.CONCURRENCY_METER.getByName(name)

const seqs = new Map<string, number>()

const request = (caller: string, seq: number, more: Partial<PermitRequest>): PermitRequest => {
  const { keep = 0, waiting = 0 } = more
  return {
    protocol: PERMIT_PROTOCOL,
    caller,
    seq,
    limit: 3,
    generation: 1,
    keep,
    waiting,
    spare: 0,
    demand: keep + waiting,
    ...more,
  }
}

const ask = (caller: string, more: Partial<PermitRequest> = {}) => {
  const seq = (seqs.get(`${name} ${caller}`) ?? 0) + 1
  seqs.set(`${name} ${caller}`, seq)
  return meter().lease(request(caller, seq, more))
}

describe('the object of a function', () => {
  test('is marked before it gives a permit', async () => {
    expect(await env.STORE.head(objectMark(name))).toBeNull()
    expect(await ask('one', { waiting: 2 })).toMatchObject({ permits: 2, lifeMs: PERMITS.life })
    expect(await env.STORE.head(objectMark(name))).not.toBeNull()
  })

  test('gives no more than the limit, and hands on what comes back', async () => {
    expect(await ask('one', { waiting: 5 })).toMatchObject({ permits: 3 })
    const waiting = ask('two', { waiting: 1 })
    await scheduler.wait(20)
    expect(await ask('one', { keep: 2 })).toMatchObject({ permits: 2 })
    expect(await waiting).toMatchObject({ permits: 1 })
    const started = Date.now()
    expect(await ask('two', { keep: 1, waiting: 1 })).toMatchObject({ permits: 1 })
    expect(Date.now() - started).toBeGreaterThanOrEqual(PERMITS.park - 5)
  })

  test('gives nothing after a restart that may be out, and takes callers at their word', async () => {
    await ask('one', { waiting: 3 })
    await abortAllDurableObjects()
    expect(await ask('two', { waiting: 1 })).toMatchObject({ permits: 0 })
    expect(await ask('one', { keep: 3 })).toMatchObject({ permits: 3 })
  })

  test('gives what was left before a restart', async () => {
    await ask('one', { waiting: 1 })
    await abortAllDurableObjects()
    expect(await ask('two', { waiting: 3 })).toMatchObject({ permits: 2 })
  })

  test('learns a limit that is published, and keeps it', async () => {
    await ask('one', { waiting: 2 })
    await tellMeters(env, pointer, 5, { uid: 'uid', limit: 1 })
    expect(await ask('two', { waiting: 1 })).toMatchObject({ permits: 0, share: 0 })
    await abortAllDurableObjects()
    // Of an older pointer.
    expect(await ask('two', { waiting: 1, limit: 100, generation: 4 })).toMatchObject({ permits: 0 })
    await tellMeters(env, pointer, 6, { uid: 'uid', limit: null })
    expect(await ask('two', { waiting: 500 })).toMatchObject({ permits: 500, share: null })
  })

  test('gives nothing once the function is deleted, while another of the same name does', async () => {
    await ask('one', { waiting: 1 })
    await tellMeters(env, pointer, 9, undefined)
    expect(await ask('two', { waiting: 1, generation: 8 })).toMatchObject({ permits: 0 })
    expect(await ask('one', { keep: 1, generation: 8 })).toMatchObject({ permits: 1 })
    expect(await env.STORE.head(objectMark(name))).toBeNull()
    name = meterName(pointer, 'another uid')
    expect(await ask('two', { waiting: 3, generation: 10 })).toMatchObject({ permits: 3 })
  })

  test('is forgotten with its account', async () => {
    await ask('one', { waiting: 3 })
    await forgetMeters(env, account)
    expect(await env.STORE.head(objectMark(name))).toBeNull()
    expect(await ask('two', { waiting: 3 })).toMatchObject({ permits: 3 })
  })

  test('does not take what is no request', async () => {
    await runInDurableObject(meter(), async (instance: ConcurrencyMeter) => {
      await expect(instance.lease(request('one', 1, { keep: -1 }))).rejects.toThrow('malformed')
      await expect(instance.lease(request('one', 1, { protocol: 99 }))).rejects.toThrow('protocol 99')
    })
  })
})

test('isolates that run calls on its permits never run more than three at once', async () => {
  const reserved = { limit: 3, generation: 1, uid: 'uid' }
  const gates = Array.from(
    { length: 4 },
    (_, index) =>
      new FunctionConcurrency({
        clock: () => Date.now(),
        timer(ms, callback) {
          const timer = setTimeout(callback, ms)
          return () => clearTimeout(timer)
        },
        callObject: (meterOf, request) => env.CONCURRENCY_METER.getByName(meterOf).lease(request),
        defer: work => void work,
        newId: () => `isolate-${index}`,
      }),
  )
  let running = 0
  let most = 0
  let done = 0
  const caller = async (gate: FunctionConcurrency) => {
    while (done < 150) {
      const entered = await gate.enter(pointer, reserved)
      if (typeof entered === 'string') {
        expect(entered).toBe('throttled')
        await scheduler.wait(10)
        continue
      }
      running += 1
      most = Math.max(most, running)
      await scheduler.wait(5)
      running -= 1
      done += 1
      entered.leave()
    }
  }
  await Promise.all(gates.flatMap(gate => [caller(gate), caller(gate)]))
  expect(most).toBe(3)
})
