import { createExecutionContext } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Outbound, type OutboundProps, type RoleCall } from '../../src/functions/outbound.ts'
import { PLACEHOLDER_KEY_ID } from '../../src/identity/placeholder-key.ts'
import { bindings } from './function-host.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const PROPS: OutboundProps = {
  account: '000000000000',
  region: 'eu-central-1',
  role: 'arn:aws:iam::000000000000:role/worker',
  function: 'f',
}

const OWN = 'weir.example.com'

/** What came to the control plane through the last door that was opened. */
let handed: { request: Request; call: RoleCall }[] = []

class Door extends Outbound {
  protected readonly controlPlane = async (request: Request, call: RoleCall): Promise<Response> => {
    handed.push({ request, call })
    return new Response('from the control plane')
  }

  protected isOwnAddress({ host }: URL): boolean {
    return host === OWN
  }
}

function send(url: string, local: string | undefined, init?: RequestInit): Promise<Response> {
  const context = Object.assign(createExecutionContext(), { props: PROPS }) as ExecutionContext<OutboundProps>
  handed = []
  return new Door(context, { ...bindings, WEIR_LOCAL: local }).fetch(new Request(url, init))
}

const signedBy = (key: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20261122/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0`,
})

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

describe('what a function asks of AWS', () => {
  const network = () =>
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('from the network'))

  test.each([
    ['an endpoint', 'https://lambda.us-west-2.amazonaws.com/x'],
    ['the endpoint of a service that is not there', 'https://polly.us-east-1.amazonaws.com/'],
    ['a bucket', 'https://my-bucket.s3.us-east-1.amazonaws.com/key'],
    ['another name of AWS', 'https://checkip.amazonaws.com/'],
    ['this very Weir', `https://${OWN}/2015-03-31/functions`],
  ])('with the credentials of its environment is answered by Weir: %s', async (_, url) => {
    const out = network()
    const response = await send(url, undefined, { headers: signedBy(PLACEHOLDER_KEY_ID) })
    expect(await response.text()).toBe('from the control plane')
    expect(handed.map(({ request, call }) => [request.url, call])).toEqual([
      [url, { caller: PROPS, service: 'lambda', region: 'us-east-1', signed: true }],
    ])
    expect(out).not.toHaveBeenCalled()
  })

  test('has no length but that of what arrives', async () => {
    network()
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    writer.write(new Uint8Array(10)).then(() => writer.close())
    const headers = { ...signedBy(PLACEHOLDER_KEY_ID), 'content-length': '5' }
    await send(`https://${OWN}/`, undefined, { method: 'POST', headers, body: readable })
    const [{ request }] = handed as [(typeof handed)[0]]
    expect(request.headers.has('content-length')).toBe(false)
    expect((await request.arrayBuffer()).byteLength).toBe(10)
  })

  test('in a scheme of signing that Weir does not speak does not leave either', async () => {
    const out = network()
    await send('https://s3.us-east-1.amazonaws.com/b/k', '1', {
      headers: { authorization: `AWS ${PLACEHOLDER_KEY_ID}:c2lnbmF0dXJl` },
    })
    expect(handed[0]?.call).toMatchObject({ service: 's3', region: 'us-east-1', signed: true })
    expect(out).not.toHaveBeenCalled()
  })

  test('by a presigned URL, which anybody may have written, is answered by Weir and not as the role', async () => {
    const out = network()
    const credential = `${PLACEHOLDER_KEY_ID}%2F20261122%2Fus-east-1%2Fiam%2Faws4_request`
    await send(`https://iam.amazonaws.com/?X-Amz-Credential=${credential}&X-Amz-Signature=0`, '1')
    expect(handed[0]?.call).toMatchObject({ service: 'iam', signed: false })
    expect(out).not.toHaveBeenCalled()
  })

  test('without any credentials is answered by Weir where it is an API', async () => {
    const out = network()
    await send('https://cognito-idp.eu-central-1.amazonaws.com/', undefined, { method: 'POST', body: '{}' })
    expect(handed[0]?.call).toMatchObject({
      service: 'cognito-idp',
      region: 'eu-central-1',
      signed: false,
    })
    expect(out).not.toHaveBeenCalled()
    expect(await (await send('https://public-data.s3.amazonaws.com/file', undefined)).text()).toBe(
      'from the network',
    )
    expect(handed).toEqual([])
  })

  test('with credentials of its own goes to AWS', async () => {
    network()
    for (const url of ['https://lambda.us-west-2.amazonaws.com/x', 'https://example.com/']) {
      const response = await send(url, undefined, { headers: signedBy('AKIAIOSFODNN7EXAMPLE') })
      expect([url, await response.text(), handed]).toEqual([url, 'from the network', []])
    }
  })

  test('with the credentials of its environment goes to a server of its own, which may take such signatures', async () => {
    network()
    const response = await send('http://localhost:8000/', '1', { headers: signedBy(PLACEHOLDER_KEY_ID) })
    expect([await response.text(), handed]).toEqual(['from the network', []])
  })

  test('is handed on as it streams', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(new Uint8Array(64 * 1024))
        },
      },
      { highWaterMark: 0 },
    )
    await send('https://lambda.us-west-2.amazonaws.com/x', undefined, {
      method: 'POST',
      body,
      headers: signedBy(PLACEHOLDER_KEY_ID),
    })
    expect(handed).toHaveLength(1)
    expect(pulled).toBeLessThan(4)
  })
})

test('a function cannot say which address it calls Weir from', async () => {
  const forged = { 'cf-connecting-ip': '203.0.113.7', 'cf-worker': 'example.com', 'x-own': 'kept' }
  await send(`https://${OWN}/_aws/lambda-url/x/`, undefined, {
    method: 'POST',
    headers: { ...forged, ...signedBy(PLACEHOLDER_KEY_ID) },
    body: 'a body',
  })
  const { request } = handed[0]!
  expect([...request.headers.keys()].filter(name => name in forged)).toEqual(['x-own'])
  expect([request.method, await request.text()]).toEqual(['POST', 'a body'])
})
