import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BackEnd, startBackEnd } from '../gateway/back-end-server.ts'
import { borrowWeir, type Weir } from './server.ts'

let weir: Weir
let backEnd: BackEnd
let api: string

beforeAll(async () => {
  backEnd = await startBackEnd()
  weir = await borrowWeir()
  const client = new APIGateway(weir.sdk)
  const { id: restApiId, rootResourceId: parentId } = await client.createRestApi({ name: 'proxy' })
  const { id: resourceId } = await client.createResource({ restApiId, parentId, pathPart: '{proxy+}' })
  const at = { restApiId, resourceId, httpMethod: 'ANY' }
  await client.putMethod({
    ...at,
    authorizationType: 'NONE',
    requestParameters: { 'method.request.path.proxy': true },
  })
  await client.putIntegration({
    ...at,
    type: 'HTTP_PROXY',
    integrationHttpMethod: 'ANY',
    uri: `${backEnd.url}/{proxy}`,
    requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
    timeoutInMillis: 3_000,
  })
  await client.createDeployment({ restApiId, stageName: 'prod' })
  api = `${weir.url}/_aws/execute-api/${restApiId}/prod`
})

afterAll(async () => {
  await weir[Symbol.asyncDispose]()
  backEnd.stop()
})

/** A request that is written piece by piece. */
function open(path: string, headers: Record<string, string>) {
  const request = httpRequest(`${api}${path}`, { method: 'POST', headers })
  const answering = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  return { request, answering }
}

interface Seen {
  readonly calls: number
  readonly aborted: number
  readonly received: number
  readonly ended: boolean
}

async function eventually(path: string, isSo: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const now = (await (await fetch(`${backEnd.url}/seen?path=${path}`)).json()) as Seen
    if (isSo(now)) return now
    await sleep(10)
  }
}

describe('a back end over HTTP', () => {
  it('gets a body as it is written, with its length when that is known', async () => {
    const headers = { 'content-length': '200000', 'content-type': 'image/png' }
    const { request, answering } = open('/sink/sized', headers)
    request.write(Buffer.alloc(100_000))
    const first = await eventually('/sink/sized', ({ received }) => received > 0)
    expect(first.ended).toBe(false)
    request.end(Buffer.alloc(100_000))
    expect(await text(await answering)).toBe('200000')
    const echo = await fetch(`${api}/echo`, { method: 'POST', body: 'héllo' })
    const { headers: sent, body } = (await echo.json()) as { headers: Record<string, string>; body: string }
    expect([sent['content-length'], Buffer.from(body, 'base64').toString()]).toEqual(['6', 'héllo'])
  })

  it('gets one of unknown length, too, and never one that was cut off as if it were whole', async () => {
    const { request, answering } = open('/sink/chunked', {})
    request.write(Buffer.alloc(100_000))
    const first = await eventually('/sink/chunked', ({ received }) => received > 0)
    expect(first.ended).toBe(false)
    request.end('end')
    expect(await text(await answering)).toBe('100003')
    const large = open('/sink/large', {})
    for (let i = 0; i < 11; i += 1) large.request.write(Buffer.alloc(1024 * 1024))
    large.request.end()
    expect((await large.answering).statusCode).toBe(413)
    expect((await eventually('/sink/large', ({ aborted }) => aborted > 0)).ended).toBe(false)
  })

  it('has its answer sent on as it comes', async () => {
    // Of other clients wrangler's own proxy would compress the answer, and wait for more of it.
    const response = await fetch(`${api}/halves/x`, { headers: { 'accept-encoding': 'identity' } })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('first,')
    await fetch(`${backEnd.url}/go?path=/halves/x`)
    expect((await reader.read()).value).toBe('second')
  })

  it('that breaks off leaves an answer that is seen to be broken', async () => {
    for (const path of ['/cut/x', '/cut/x?sized']) {
      const response = await fetch(`${api}${path}`)
      expect(response.status).toBe(200)
      await expect(response.text()).rejects.toThrow()
    }
    await expect((await fetch(`${api}/large/x?mb=11`)).arrayBuffer()).rejects.toThrow()
  })

  it('that is late is left, and a compressed answer arrives as what it is', async () => {
    const late = await fetch(`${api}/hang/x`)
    expect([late.status, await late.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
    expect((await eventually('/hang/x', ({ aborted }) => aborted > 0)).calls).toBe(1)
    expect(await (await fetch(`${api}/zipped/x`)).json()).toEqual({ name: 'Rex' })
    const head = await fetch(`${api}/head/x`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1234'])
  })
})
