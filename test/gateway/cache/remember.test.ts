import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import type { KeptReply } from '../../../src/gateway/cache/response-cache.ts'
import type { Exchange, Reply } from '../../../src/gateway/exchange.ts'
import { remember } from '../../../src/gateway/phases/remember.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** A back end's answer that comes in these pieces, and then ends or breaks off. */
const streamOf = (pieces: readonly string[], error?: Error) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encode(piece))
      if (error) controller.error(error)
      else controller.close()
    },
  })

async function remembered(body: Reply['body'], over: Partial<Reply> = {}) {
  const kept: KeptReply[] = []
  const deferred: Promise<unknown>[] = []
  const exchange = {
    keeping: { key: 'key', ttlSeconds: 60, warns: false },
    reply: { status: 200, headers: [['X-A', '1']], body, ...over },
    gateway: {
      clock: () => 7,
      defer: (work: Promise<unknown>) => deferred.push(work),
      responseCache: {
        keep: async (_key: string, reply: KeptReply) => {
          kept.push(reply)
        },
      },
    },
  } as unknown as Exchange
  remember(exchange)
  const sent = await new Response(exchange.reply!.body).text().catch(error => String(error))
  await Promise.all(deferred)
  return { kept, sent }
}

describe('an answer that comes as a stream', () => {
  test('is kept whole beside its being sent', async () => {
    const { kept, sent } = await remembered(streamOf(['one ', 'two']))
    expect(sent).toBe('one two')
    expect(kept).toEqual([{ status: 200, headers: [['X-A', '1']], body: Buffer.from('one two'), keptAt: 7 }])
  })

  test('is sent and not kept when it is too large', async () => {
    const half = 'x'.repeat(600_000)
    const { kept, sent } = await remembered(streamOf([half, half]))
    expect([sent.length, kept]).toEqual([1_200_000, []])
  })

  test('is not kept when it breaks off', async () => {
    const { kept } = await remembered(streamOf(['one'], new Error('broken off')))
    expect(kept).toEqual([])
  })

  test('is not read twice when it is not kept', async () => {
    const stream = streamOf(['failed'])
    const { kept, sent } = await remembered(stream, { status: 502 })
    expect([sent, kept]).toEqual(['failed', []])
  })
})

test('an answer without a body is kept as such', async () => {
  expect((await remembered(null, { status: 204 })).kept).toEqual([
    { status: 204, headers: [['X-A', '1']], body: null, keptAt: 7 },
  ])
})
