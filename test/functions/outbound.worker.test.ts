import { createExecutionContext } from 'cloudflare:test'
import { afterEach, expect, test, vi } from 'vitest'
import { Outbound, type OutboundProps } from '../../src/functions/outbound.ts'
import { bindings } from './function-host.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function send(url: string, local: string | undefined): Promise<Response> {
  const context = createExecutionContext() as ExecutionContext<OutboundProps>
  return new Outbound(context, { ...bindings, WEIR_LOCAL: local }).fetch(new Request(url))
}

const INSIDE = [
  'http://127.0.0.1:1/',
  'http://2130706433/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://weir/',
]

test('functions of a deployed Weir reach no address of its network', async () => {
  const network = vi.spyOn(globalThis, 'fetch')
  for (const url of INSIDE) {
    const response = await send(url, undefined)
    expect([url, response.status]).toEqual([url, 403])
  }
  expect(network).not.toHaveBeenCalled()
})

test('functions on a laptop reach the servers beside them', async () => {
  const network = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('here'))
  expect(await (await send('http://127.0.0.1:1/', '1')).text()).toBe('here')
  expect(network).toHaveBeenCalledOnce()
})

test('a redirect is left to the function, whose next request comes this way again', async () => {
  const network = vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(
      async () => new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } }),
    )
  const response = await send('https://example.com/', undefined)
  expect(response.status).toBe(302)
  expect(network.mock.calls[0]![1]).toEqual({ redirect: 'manual' })
})
