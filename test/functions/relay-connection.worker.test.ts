import { describe, expect, test } from 'vitest'
import { CONNECTION_DOOR } from '../../src/functions/connection-frames.ts'
import { relayConnection } from '../../src/functions/relay-connection.ts'

const INSIDE = ['127.0.0.1', 'localhost', '::1', '10.0.0.1', '169.254.169.254', 'weir']

/** A function's side of a connection that was opened to an address. */
function connectionTo(localAddress: string) {
  const up = new TransformStream<Uint8Array, Uint8Array>()
  const down = new TransformStream<Uint8Array, Uint8Array>()
  const inner = { opened: Promise.resolve({ localAddress }), readable: up.readable, writable: down.writable }
  return {
    inner: inner as unknown as Parameters<typeof relayConnection>[0],
    up: up.writable,
    down: down.readable,
  }
}

describe('functions of a deployed Weir', () => {
  test.each(INSIDE)('are told that %s is not a public address when they ask for a connection', async host => {
    const { inner, up, down } = connectionTo(CONNECTION_DOOR)
    const relayed = relayConnection(inner, false)
    const writer = up.getWriter()
    void writer.write(new TextEncoder().encode(`${JSON.stringify({ host, port: 5432 })}\n`))
    expect(await new Response(down).json()).toEqual({
      code: 'EACCES',
      message: `Functions cannot reach ${host}: it is not a public address`,
    })
    await relayed
  })

  test.each(['127.0.0.1:80', '[::1]:80', 'localhost:80', '10.0.0.1:5432'])(
    'reach %s by no connection of their own making either',
    async address => {
      await expect(relayConnection(connectionTo(address).inner, false)).rejects.toThrow(
        'is not a public address',
      )
    },
  )
})

test('a function that asks for a connection without end is not listened to without end', async () => {
  const { inner, up } = connectionTo(CONNECTION_DOOR)
  const relayed = relayConnection(inner, false)
  const refused = expect(relayed).rejects.toThrow('a connection was asked for as none is')
  const writer = up.getWriter()
  const talk = async () => {
    for (let piece = 0; piece < 256; piece++) await writer.write(new Uint8Array(1024).fill(120))
    await writer.close()
  }
  void talk().catch(() => {})
  await refused
})
