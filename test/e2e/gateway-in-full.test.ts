import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BackEnd, startBackEnd } from '../gateway/back-end-server.ts'
import { createFunction, letGatewayCall, zip } from './acceptance/functions.ts'
import { borrowWeir, type Weir } from './server.ts'

const GUARD = `exports.handler = async ({ authorizationToken, methodArn }) => {
  const [, user] = authorizationToken.split(' ')
  if (user === 'nobody') throw new Error('Unauthorized')
  return {
    principalId: user,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: user === 'mallory' ? 'Deny' : 'Allow', Resource: methodArn }],
    },
  }
}`
const ORDERS = `exports.handler = async order => {
  if (order.items.some(item => item.startsWith('rare'))) throw new Error('rare is sold out')
  return { ...order, location: '/orders/' + order.currency + '-1' }
}`

let weir: Weir
let backEnd: BackEnd
let gateway: APIGateway
let restApiId: string
let url: string

beforeAll(async () => {
  backEnd = await startBackEnd()
  weir = await borrowWeir()
  gateway = new APIGateway(weir.sdk)
  const lambda = new LambdaClient(weir.sdk)
  const functions = { GUARD, ORDERS }
  const put: Record<string, string> = { BACK_END: backEnd.url }
  for (const [name, code] of Object.entries(functions)) {
    put[name] = await createFunction(lambda, name.toLowerCase(), zip({ 'index.js': code }))
  }
  const shop = readFileSync(join(import.meta.dirname, 'gateway-in-full/shop.yaml'), 'utf8')
  const body = shop.replace(/@(\w+)@/g, (_, name: string) => put[name]!)
  const imported = await gateway.importRestApi({ body, failOnWarnings: true })
  restApiId = imported.id!
  for (const name of Object.keys(functions)) await letGatewayCall(lambda, name.toLowerCase())
  await gateway.createDeployment({ restApiId, stageName: 'prod' })
  url = `${weir.url}/_aws/execute-api/${restApiId}/prod`
})

afterAll(async () => {
  await weir[Symbol.asyncDispose]()
  backEnd.stop()
})

const bread = {
  items: [
    { sku: 'bread', count: 2 },
    { sku: 'milk', count: 1 },
  ],
}

async function order(what: unknown, { token = 'Bearer ann', query = '?currency=EUR' } = {}) {
  const response = await fetch(`${url}/orders${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: token }) },
    body: JSON.stringify(what),
  })
  const { status, headers } = response
  return { status, headers, body: (await response.json()) as unknown }
}

describe('an API that was imported from one document', () => {
  test('maps a request for its function, and the answer for its client', async () => {
    const { status, headers, body } = await order(bread)
    expect({ status, body }).toEqual({ status: 201, body: { lines: ['bread x 2', 'milk x 1'], for: 'ann' } })
    expect(headers.get('location')).toBe('/orders/EUR-1')
  })

  test('answers a function’s error by the pattern that it fits', async () => {
    const rare = { items: [{ sku: 'rare stamp', count: 1 }] }
    expect(await order(rare)).toMatchObject({ status: 409, body: { sorry: 'rare is sold out' } })
  })

  test.each<[string, number, unknown]>([
    ['', 401, { message: 'Unauthorized' }],
    ['Basic abc', 401, { message: 'Unauthorized' }],
    ['Bearer nobody', 401, { message: 'Unauthorized' }],
    [
      'Bearer mallory',
      403,
      { message: 'User is not authorized to access this resource with an explicit deny' },
    ],
  ])('lets the token "%s" not in, and lets pages of the shop know', async (token, status, body) => {
    const answer = await order(bread, { token })
    expect(answer).toMatchObject({ status, body })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  })

  test('refuses what its model does not allow, in its own words', async () => {
    const answer = await order({ items: [{ sku: 'bread', count: 0 }] })
    expect(answer).toMatchObject({ status: 422, body: { problem: expect.stringContaining('minimum') } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(await order(bread, { query: '' })).toMatchObject({
      status: 400,
      body: { message: 'Missing required request parameters: [currency]' },
    })
  })

  test('answers preflights without asking anybody', async () => {
    const preflight = await fetch(`${url}/orders`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    })
    expect([preflight.status, await preflight.text()]).toEqual([200, ''])
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST,OPTIONS',
      'access-control-allow-headers': 'authorization,content-type',
    })
  })

  test('hands on to its older server what it does not know itself', async () => {
    const response = await fetch(`${url}/legacy/echo/a%20b?q=1`, { method: 'PUT', body: 'héllo' })
    const echo = (await response.json()) as { url: string; method: string; headers: object; body: string }
    expect(echo).toMatchObject({ method: 'PUT', url: '/echo/a%20b?q=1', headers: { 'x-stage': 'prod' } })
    expect(Buffer.from(echo.body, 'base64').toString()).toBe('héllo')
  })

  test('streams from that server, before its answer has ended', async () => {
    const response = await fetch(`${url}/legacy/halves/shop`, { headers: { 'accept-encoding': 'identity' } })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('first,')
    await fetch(`${backEnd.url}/go?path=/halves/shop`)
    expect((await reader.read()).value).toBe('second')
  })

  test('exports to a document that makes the same API', async () => {
    const at = { stageName: 'prod', exportType: 'oas30', parameters: { extensions: 'apigateway' } }
    const exported = async (id: string) => {
      const { body } = await gateway.getExport({ ...at, restApiId: id, accepts: 'application/json' })
      const { servers, ...document } = JSON.parse(Buffer.from(body!).toString())
      return document
    }
    const document = await exported(restApiId)
    const again = await gateway.importRestApi({ body: JSON.stringify(document), failOnWarnings: true })
    await gateway.createDeployment({ restApiId: again.id, stageName: 'prod' })
    expect(await exported(again.id!)).toEqual(document)
    expect(Object.keys(document.paths)).toEqual(['/legacy/{proxy+}', '/orders'])
  })
})
