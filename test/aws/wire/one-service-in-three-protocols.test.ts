import { gzipSync } from 'node:zlib'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import { cbor, dateToTag } from '@smithy/core/cbor'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../../src/lib/refusal.ts'
import { endpointOf, loopback, ORIGIN, SECRET } from './round-trip/loopback-client.ts'
import { factsOf } from './service-facts.ts'

const OPERATIONS = ['PutMetricData', 'ListMetrics', 'GetDashboard']
const TARGET = 'GraniteServiceVersion20100801'

let received: unknown
let refusal: Refusal | undefined
const requests: Request[] = []

const endpoint = endpointOf(
  {
    signingName: 'monitoring',
    schemas: cloudwatch as never,
    facts: factsOf('smithy-rpc-v2-cbor', 'monitoring', OPERATIONS, { targetPrefix: TARGET }) as never,
  },
  async input => {
    if (refusal) throw refusal
    received = input
    return { Metrics: [{ Namespace: 'N', MetricName: 'm' }] }
  },
)
const client = new cloudwatch.CloudWatch(
  loopback(request => {
    requests.push(request.clone() as Request)
    return endpoint(request)
  }),
)

async function send(path: string, headers: Record<string, string>, body: string | Uint8Array) {
  const signer = new SignatureV4({
    service: 'monitoring',
    region: 'eu-central-1',
    sha256: Sha256,
    credentials: { accessKeyId: 'AKIDLOOPBACK', secretAccessKey: SECRET },
  })
  const { host } = new URL(ORIGIN)
  const draft = {
    method: 'POST',
    protocol: 'http:',
    hostname: host,
    path,
    headers: { host, ...headers },
    body,
  }
  const signed = await signer.sign(new HttpRequest(draft))
  return endpoint(
    new Request(`${ORIGIN}${path}`, { method: 'POST', headers: signed.headers, body: body as BodyInit }),
  )
}

const CBOR = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const at = new Date('2026-11-23T12:00:00.250Z')
const datum = { MetricName: 'm', Timestamp: at, Value: 1.5 }
const told = { Namespace: 'N', MetricData: [datum] }

beforeEach(() => {
  received = undefined
  refusal = undefined
  requests.length = 0
})

describe('one operation', () => {
  it('is asked in CBOR by the path, whatever stands before it', async () => {
    const body = Uint8Array.from(
      cbor.serialize({ ...told, MetricData: [{ ...datum, Timestamp: dateToTag(at) }] }),
    )
    for (const before of ['', '/behind/a/proxy']) {
      const answer = await send(`${before}/service/${TARGET}/operation/PutMetricData`, CBOR, body)
      expect([answer.status, answer.headers.get('smithy-protocol')]).toEqual([200, 'rpc-v2-cbor'])
      expect(await answer.text()).toBe('')
      expect(received).toEqual(told)
    }
  })

  it('is asked in JSON by its target', async () => {
    const body = JSON.stringify({ ...told, MetricData: [{ ...datum, Timestamp: at.getTime() / 1000 }] })
    const answer = await send('/', { ...JSON_1_0, 'x-amz-target': `${TARGET}.PutMetricData` }, body)
    expect(answer.status).toBe(200)
    expect(received).toEqual(told)
  })

  it('is asked in a form by its Action', async () => {
    const body = new URLSearchParams({
      Action: 'PutMetricData',
      Namespace: 'N',
      'MetricData.member.1.MetricName': 'm',
      'MetricData.member.1.Timestamp': at.toISOString(),
      'MetricData.member.1.Value': '1.5',
    })
    const answer = await send('/', FORM, String(body))
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('<PutMetricDataResponse')
    expect(received).toEqual(told)
  })
})

describe('a refusal', () => {
  beforeEach(() => {
    refusal = new Refusal('ResourceNotFound', 'Dashboard d does not exist')
  })

  it('is told in CBOR, and by the code of former days to those who know it', async () => {
    const path = `/service/${TARGET}/operation/GetDashboard`
    const body = Uint8Array.from(cbor.serialize({ DashboardName: 'd' }))
    const plain = await send(path, CBOR, body)
    expect(plain.headers.get('x-amzn-query-error')).toBeNull()
    expect(cbor.deserialize(new Uint8Array(await plain.arrayBuffer()))).toMatchObject({
      __type: 'ResourceNotFound',
      message: 'Dashboard d does not exist',
    })
    const compatible = await send(path, { ...CBOR, 'x-amzn-query-mode': 'true' }, body)
    expect(compatible.status).toBe(404)
    expect(compatible.headers.get('x-amzn-query-error')).toBe('ResourceNotFound;Sender')
  })

  it('of an operation that is not there names the path', async () => {
    const answer = await send(`/service/${TARGET}/operation/Nothing`, CBOR, Uint8Array.of(0xa0))
    expect(answer.status).toBe(404)
    expect(cbor.deserialize(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
      __type: 'UnknownOperationException',
    })
  })

  it('of a document that is none says so', async () => {
    refusal = undefined
    const answer = await send(`/service/${TARGET}/operation/ListMetrics`, CBOR, Uint8Array.of(0x9f))
    expect([answer.status, cbor.deserialize(new Uint8Array(await answer.arrayBuffer())).__type]).toEqual([
      400,
      'SerializationException',
    ])
  })
})

describe('a compressed body', () => {
  it('is what clients send of many metrics', async () => {
    const MetricData = Array.from({ length: 500 }, (_, i) => ({ MetricName: `metric-${i}`, Value: i }))
    await client.putMetricData({ Namespace: 'N', MetricData })
    expect(requests[0]!.headers.get('content-encoding')).toBe('gzip')
    expect(received).toEqual({ Namespace: 'N', MetricData })
  })

  const gzip = { ...JSON_1_0, 'x-amz-target': `${TARGET}.PutMetricData`, 'content-encoding': 'gzip' }

  it('is refused when it is not compressed', async () => {
    const answer = await send('/', gzip, JSON.stringify(told))
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'SerializationException'])
  })

  it('is refused as soon as it is known to stand for too much', async () => {
    const bomb = gzipSync(new Uint8Array(9 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(1024 * 1024)
    const answer = await send('/', gzip, bomb)
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([
      413,
      'RequestEntityTooLargeException',
    ])
  })
})
