import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CodeSource } from '../../../src/functions/code-source.ts'
import type { Manifest } from '../../../src/functions/manifest.ts'
import type { RoleCall } from '../../../src/functions/outbound.ts'
import { ROLE_CALL_HEADER, SOURCE, TOKEN_HEADER } from '../../../src/functions/process/protocol.ts'
import { serveSource } from '../../../src/functions/process/serve-source.ts'
import { sourceOverHttp } from '../../../src/functions/process/source-over-http.ts'
import { asciiJson } from '../../../src/lib/ascii-json.ts'

const source = {
  manifest: async key => (key === 'known' ? '{"name":"Ünï"}' : undefined),
  code: async () => undefined,
  variables: async ({ uid }) => ({ OF: uid }),
} satisfies CodeSource

const WEIR = 'http://localhost:8787'

/** A Weir that answers whoever has the secret, and what functions asked of AWS through it. */
function weir(token: string | undefined) {
  const asked: { call: RoleCall; request: Request }[] = []
  const serve = (request: Request) =>
    serveSource(request, {
      source,
      token,
      controlPlane: async (asking, call) => {
        asked.push({ call, request: asking })
        return new Response(`asked with ${await asking.text()}`)
      },
    })
  vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) => serve(new Request(input, init as never)))
  return { serve, asked }
}

afterEach(() => vi.unstubAllGlobals())

describe('what the function process asks of Weir', () => {
  it('is answered as by the store itself', async () => {
    weir('secret')
    const remote = sourceOverHttp({ url: WEIR, token: 'secret' })
    expect(await remote.manifest('known')).toBe('{"name":"Ünï"}')
    expect(await remote.manifest('other')).toBeUndefined()
    expect(await remote.code('other')).toBeUndefined()
    const manifest = { uid: 'u', environment: { iv: '', data: '' } } as Manifest
    expect(await remote.variables(manifest)).toEqual({ OF: 'u' })
    expect(await remote.variables({ uid: 'u' } as Manifest)).toEqual({})
  })

  it('is refused without the secret of this start', async () => {
    weir('secret')
    for (const token of ['', 'secre', 'secreT', 'secrets']) {
      await expect(sourceOverHttp({ url: WEIR, token }).manifest('known')).rejects.toThrow('403')
    }
  })

  it('is refused where there is no such process, whatever it knows', async () => {
    weir(undefined)
    for (const token of ['', 'undefined']) {
      await expect(sourceOverHttp({ url: WEIR, token }).manifest('known')).rejects.toThrow('403')
    }
  })

  it('hands on a call of an AWS service as the function made it, and whose it is', async () => {
    const { serve, asked } = weir('secret')
    const caller = { account: '1', region: 'eu-west-1', role: 'arn:aws:iam::1:role/r', function: 'f' }
    const call = { caller, service: 'lambda', region: 'eu-west-1' }
    const url = 'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/ä/invocations?x=1'
    const response = await serve(
      new Request(`${WEIR}${SOURCE}aws`, {
        method: 'POST',
        headers: {
          [TOKEN_HEADER]: 'secret',
          [ROLE_CALL_HEADER]: asciiJson({ url, method: 'PUT', call }),
          'content-type': 'application/json',
        },
        body: '{"n":1}',
      }),
    )
    expect(await response.text()).toBe('asked with {"n":1}')
    const [{ request, call: handed }] = asked as [(typeof asked)[number]]
    expect(handed).toEqual(call)
    expect([request.method, request.url]).toEqual(['PUT', new URL(url).href])
    expect([...request.headers.keys()].sort()).toEqual(['content-type'])
  })
})
