import { expect, it } from 'vitest'
import type { Env } from '../../../src/env.ts'
import { FlushCycle } from '../../../src/lib/flush-cycle.ts'
import type { Batch } from '../../../src/observability/ingest/batch.ts'
import type { LogLines } from '../../../src/observability/logs/log-event.ts'
import { logIntake } from '../../../src/observability/logs/log-intake.ts'

const account = { id: '123456789012', region: 'us-east-1' }

/** An isolate's intake, and what groups' objects are told once it is woken. */
function isolate() {
  const told: { object: string; items: readonly LogLines[] }[] = []
  const env = {
    LOG_STORE: {
      getByName: (object: string) => ({
        take: async ({ items }: Batch<LogLines>) => {
          told.push({ object, items })
          return { shards: 1 }
        },
      }),
    },
  } as unknown as Pick<Env, 'LOG_STORE'>
  let wake = () => {}
  const flushes: Promise<unknown>[] = []
  const cycle = new FlushCycle({
    clock: () => 0,
    sleep: () => new Promise<void>(resolve => (wake = resolve)),
    defer: work => flushes.push(work),
  })
  const logs = logIntake({ env, cycle, newId: () => 'isolate', random: () => 0, now: () => 0 })
  const flushed = async () => {
    wake()
    await Promise.all(flushes)
    return told
  }
  return { logs, flushed }
}

const line = (message: string) => ({ timestamp: 1, message })

it('an isolate tells each group once a second what it has, by stream, in pieces that can be cut', async () => {
  const { logs, flushed } = isolate()
  const long = 'x'.repeat(200_000)
  logs.write(account, '/one', { stream: 'a', events: [line('1')] })
  logs.write(account, '/one', { stream: 'b', events: [line('2'), line(long)] })
  logs.write(account, '/one', { stream: 'a', events: [line('3')] })
  logs.write(account, '/one', { stream: 'b', events: [line(long)] })
  logs.write(account, '/two', { stream: 'a', events: [line('4')] })
  expect(await flushed()).toEqual([
    {
      object: 'logs/123456789012/us-east-1//one',
      items: [
        { stream: 'a', events: [line('1'), line('3')] },
        { stream: 'b', events: [line('2'), line(long)] },
        { stream: 'b', events: [line(long)] },
      ],
    },
    { object: 'logs/123456789012/us-east-1//two', items: [{ stream: 'a', events: [line('4')] }] },
  ])
})

it('an isolate tells a line that no row would hold as several, and divides no character', async () => {
  const { logs, flushed } = isolate()
  const message = `a${'\u{1F600}'.repeat(300_000)}`
  logs.write(account, '/one', { stream: 'a', events: [line('before'), line(message), line('after')] })
  const events = (await flushed()).flatMap(({ items }) => items.flatMap(each => each.events))
  expect(events.length).toBe(5)
  expect(events.map(each => each.message).join('')).toBe(`before${message}after`)
  for (const { message: part } of events) {
    expect(part.isWellFormed()).toBe(true)
    expect(new TextEncoder().encode(part).length).toBeLessThan(1024 * 1024)
  }
})
