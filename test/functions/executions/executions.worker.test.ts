/// <reference types="@cloudflare/vitest-plugin/types" />
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ExecutionMeter } from '../../../durable-objects/execution-meter.ts'
import { recordExecutions } from '../../../src/functions/executions/record-executions.ts'
import { invokeFunction, streamFunction } from '../../../src/functions/invoke.ts'
import { FlushCycle } from '../../../src/lib/flush-cycle.ts'
import { COUNT_PROTOCOL, type CountBatch, executionMeterName } from '../../../src/usage/count-batch.ts'
import { forgetCounts } from '../../../src/usage/meters-of-account.ts'
import { CountRecorder } from '../../../src/usage/record-counts.ts'
import { bindings, deploy, type Harness, isolateOf, lambdaHarness } from '../function-host.ts'

let weir: Harness
const today = () => new Date().toISOString().slice(0, 10)

beforeEach(async () => {
  weir = await lambdaHarness()
})

const meterOf = (name: string) => bindings.EXECUTION_METER.getByName(executionMeterName(weir.account, name))

interface Row {
  day: string
  version: string
  qualifier: string
  requests: number
  failures: number
  billed_ms: number
  mb_ms: number
  gb_seconds: number
  inits: number
  init_ms: number
}

async function rowsOf(name: string): Promise<Row[]> {
  const { results } = await bindings.DB.prepare(
    `SELECT day, version, qualifier, requests, failures, billed_ms, mb_ms, gb_seconds, inits, init_ms
     FROM executions WHERE account = ? AND region = ? AND name = ? ORDER BY day, version, qualifier`,
  )
    .bind(weir.account.id, weir.account.region, name)
    .all<Row>()
  return results
}

/** An isolate that counts, as `planes.ts` puts it together; flushed when the test says so. */
function countingIsolate() {
  const sleep = () => new Promise(() => {})
  const counts = new CountRecorder({
    clock: Date.now,
    sleep,
    cycle: new FlushCycle({ clock: Date.now, sleep, defer: () => {} }),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    send: async (meter, batch) => bindings.EXECUTION_METER.getByName(meter).add(batch),
  })
  const { host } = isolateOf(weir)
  const counting = { ...host, executions: recordExecutions(counts) }
  let calls = 0
  return {
    flush: () => counts.flush(),
    stream: async (name: string) => {
      const { account } = weir
      const result = await streamFunction(counting, {
        account,
        name,
        payload: '{}',
        requestId: `r${++calls}`,
      })
      if (result.kind !== 'streamed') throw new Error(JSON.stringify(result))
      return result
    },
    call: async (name: string, event: unknown = {}, qualifier?: string) => {
      const { account } = weir
      const payload = JSON.stringify(event)
      const result = await invokeFunction(counting, {
        account,
        name,
        qualifier,
        payload,
        requestId: `r${++calls}`,
      })
      if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
      return result
    },
  }
}

interface Counted {
  readonly version?: string
  readonly day?: string
  readonly requests?: number
  readonly billedMs?: number
}

const batch = (sender: string, ...counts: readonly Counted[]): CountBatch => ({
  protocol: COUNT_PROTOCOL,
  tellings: [...Map.groupBy(counts, ({ day = today() }) => day)].map(([day, ofDay]) => ({
    sender,
    day,
    counts: ofDay.map(({ version = '1', requests = 1, billedMs = 10 }) => ({
      kind: 'executions',
      labels: ['f', version, ''],
      sums: [requests, 0, billedMs, 1280, 0, 0],
    })),
  })),
})

describe('calls of a function', () => {
  it('come to the table by version and qualifier, as their logs billed them', async () => {
    const code = `exports.handler = async ({ fail }) => { if (fail) throw new Error('no') }`
    await deploy(weir, 'metered', code, { MemorySize: 512, Publish: true })
    await weir.client.createAlias({ FunctionName: 'metered', Name: 'prod', FunctionVersion: '1' })
    const isolate = countingIsolate()
    const results = [
      await isolate.call('metered', {}, 'prod'),
      await isolate.call('metered', { fail: true }, 'prod'),
      await isolate.call('metered', {}, 'prod'),
    ]
    const latest = await isolate.call('metered')
    await isolate.flush()
    await meterOf('metered').rollUp()
    const billed = (logs: string) => Number(/Billed Duration: (\d+) ms/.exec(logs)![1])
    const inits = (logs: string) => (logs.includes('Init Duration') ? 1 : 0)
    const ms = results.reduce((sum, { logs }) => sum + billed(logs), 0)
    expect(results.map(({ logs }) => inits(logs))).toEqual([1, 0, 0])
    expect(await rowsOf('metered')).toEqual([
      {
        day: today(),
        version: '$LATEST',
        qualifier: '',
        requests: 1,
        failures: 0,
        billed_ms: billed(latest.logs),
        mb_ms: billed(latest.logs) * 512,
        gb_seconds: (billed(latest.logs) * 512) / 1_024_000,
        inits: 1,
        init_ms: expect.any(Number),
      },
      {
        day: today(),
        version: '1',
        qualifier: 'prod',
        requests: 3,
        failures: 1,
        billed_ms: ms,
        mb_ms: ms * 512,
        gb_seconds: (ms * 512) / 1_024_000,
        inits: 1,
        init_ms: expect.any(Number),
      },
    ])
  })

  it('are counted when their answer is streamed, once the function has ended', async () => {
    const code = `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.write('one')
      await new Promise(resolve => setTimeout(resolve, 50))
      stream.end('two')
    })`
    await deploy(weir, 'streams', code)
    const isolate = countingIsolate()
    const answer = await isolate.stream('streams')
    expect(await new Response(answer.body).text()).toBe('onetwo')
    const { usage } = await answer.ending
    await isolate.flush()
    await meterOf('streams').rollUp()
    expect(usage!.billedMs).toBeGreaterThanOrEqual(45)
    expect(await rowsOf('streams')).toMatchObject([{ requests: 1, failures: 0, billed_ms: usage!.billedMs }])
  })

  it('are added up over isolates', async () => {
    await deploy(weir, 'shared', `exports.handler = async () => {}`)
    const isolates = [countingIsolate(), countingIsolate(), countingIsolate()]
    for (const isolate of isolates) {
      for (let call = 0; call < 3; call++) {
        await isolate.call('shared')
        await isolate.flush()
      }
    }
    await meterOf('shared').rollUp()
    expect(await rowsOf('shared')).toMatchObject([{ requests: 9 }])
  })
})

describe('an ExecutionMeter', () => {
  it('counts what is said again, or too late, once', async () => {
    const meter = meterOf('f')
    const first = batch('a', { requests: 2, billedMs: 20 })
    const second = batch('a', { requests: 5, billedMs: 50 })
    for (const each of [first, first, second, first, second]) await meter.add(each)
    await meter.add(batch('b', { requests: 1, billedMs: 7 }))
    await meter.rollUp()
    await meter.rollUp()
    expect(await rowsOf('f')).toMatchObject([{ requests: 6, billed_ms: 57 }])
  })

  it('keeps its counts when it dies, and rolls up what it had not', async () => {
    await meterOf('f').add(batch('a', { requests: 2 }))
    await abortAllDurableObjects()
    await meterOf('f').add(batch('a', { requests: 3 }))
    await abortAllDurableObjects()
    await runInDurableObject(meterOf('f'), async (_: ExecutionMeter, state) => {
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now() + 50_000)
    })
    expect(await runDurableObjectAlarm(meterOf('f'))).toBe(true)
    expect(await rowsOf('f')).toMatchObject([{ requests: 3 }])
    await runInDurableObject(meterOf('f'), async (_: ExecutionMeter, state) => {
      expect(await state.storage.getAlarm()).toBeNull()
    })
  })

  it('rolls up more functions than one batch holds', async () => {
    const counts = Array.from({ length: 250 }, (_, n) => ({ version: String(n), requests: n + 1 }))
    await meterOf('f').add(batch('a', ...counts))
    await meterOf('f').rollUp()
    const rows = await rowsOf('f')
    expect(rows.length).toBe(250)
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe((250 * 251) / 2)
  })

  it('lets go of days that are over, and the table keeps them', async () => {
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
    await meterOf('f').add(batch('a', { day: day(2), requests: 4 }, { day: day(5), requests: 9 }))
    await meterOf('f').rollUp()
    await runInDurableObject(meterOf('f'), (_: ExecutionMeter, state) => {
      // As two days later.
      state.storage.sql.exec('UPDATE tellings SET day = ? WHERE day = ?', day(4), day(2))
    })
    await meterOf('f').rollUp()
    await runInDurableObject(meterOf('f'), (_: ExecutionMeter, state) => {
      expect(state.storage.sql.exec('SELECT count(*) AS n FROM tellings').one()).toEqual({ n: 0 })
    })
    expect(await rowsOf('f')).toMatchObject([{ day: day(2), requests: 4 }])
    await meterOf('f').add(batch('b', { requests: 1 }))
    await meterOf('f').rollUp()
    expect(await rowsOf('f')).toMatchObject([
      { day: day(2), requests: 4 },
      { day: day(0), requests: 1 },
    ])
  })

  it('tries again when the database does not take it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    await meterOf('f').add(batch('a', { requests: 2 }))
    await runInDurableObject(meterOf('f'), async (object: ExecutionMeter, state) => {
      const held = object as unknown as { env: { USAGE_COLLECTOR: unknown } }
      const { USAGE_COLLECTOR } = held.env
      const down = { collectCounts: () => Promise.reject(new Error('down')) }
      held.env = { ...held.env, USAGE_COLLECTOR: { getByName: () => down } }
      await object.alarm()
      expect(await state.storage.getAlarm()).not.toBeNull()
      held.env = { ...held.env, USAGE_COLLECTOR }
      await object.alarm()
    })
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
    expect(await rowsOf('f')).toMatchObject([{ requests: 2 }])
  })

  it('refuses what no isolate says', async () => {
    const odd = [
      { ...batch('a'), protocol: 3 as unknown as 2 },
      batch('a', { requests: -1 }),
      batch('a', { billedMs: 0.5 }),
    ]
    for (const each of odd) {
      await runInDurableObject(meterOf('f'), async (object: ExecutionMeter) => {
        await expect(object.add(each)).rejects.toThrow(/is not spoken here|whole numbers/)
      })
    }
  })

  it('is forgotten with its account', async () => {
    await meterOf('f').add(batch('a', { requests: 2 }))
    await forgetCounts(bindings, weir.account.id)
    await meterOf('f').rollUp()
    expect(await rowsOf('f')).toEqual([])
    await meterOf('f').add(batch('a', { requests: 1 }))
    await meterOf('f').rollUp()
    expect(await rowsOf('f')).toMatchObject([{ requests: 1 }])
  })
})
