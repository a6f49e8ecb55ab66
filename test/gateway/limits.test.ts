import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/gateway/limits.ts'
import { ACCOUNT, API_ID, fakeApi, HOST, method, resource, snapshot } from './fake-gateway.ts'

const open = snapshot([resource('/{proxy+}')])
const answerOf = async (target: string, init?: RequestInit, api = open) => {
  const fake = fakeApi({ snapshot: api })
  const response = await fake.send(target, init)
  const { message } = (response.status === 200 ? {} : await response.json()) as { message?: string }
  return { status: response.status, message, calls: fake.invocations.length }
}

describe('the values of all headers', () => {
  const sized = (bytes: number, ownHeaders: Record<string, string> = {}) =>
    answerOf('/prod/x', { headers: { 'x-a': 'a'.repeat(bytes - 10), 'x-b': 'b'.repeat(10), ...ownHeaders } })

  test('may have 10,240 bytes', async () => {
    expect(await sized(LIMITS.headerValues)).toEqual({ status: 200, calls: 1 })
  })

  test('and no more', async () => {
    const refused = { status: 431, message: 'Request Header Fields Too Large', calls: 0 }
    expect(await sized(LIMITS.headerValues + 1)).toEqual(refused)
  })

  test('Cloudflare’s own do not count', async () => {
    const own = { 'cf-ray': 'x'.repeat(1000), 'cf-visitor': 'y'.repeat(1000) }
    expect((await sized(LIMITS.headerValues, own)).status).toBe(200)
  })
})

describe('a URL', () => {
  const ofLength = (length: number) => {
    const start = `http://${HOST}/prod/x?q=`
    return answerOf(start + 'a'.repeat(length - start.length))
  }

  test('may have 10,240 characters', async () => {
    expect((await ofLength(LIMITS.url)).status).toBe(200)
  })

  test('and no more', async () => {
    expect(await ofLength(LIMITS.url + 1)).toEqual({ status: 414, message: 'Request URI too long', calls: 0 })
  })
})

describe('the ARN that an authorized request is decided by', () => {
  const guarded = snapshot([resource('/{proxy+}', { ANY: method({ authorizationType: 'AWS_IAM' }) })])
  const prefix = `arn:aws:execute-api:${ACCOUNT.region}:${ACCOUNT.id}:${API_ID}/prod/GET/`
  const ofLength = (length: number, api = guarded) =>
    answerOf(`/prod/${'a'.repeat(length - prefix.length)}`, undefined, api)

  test('may have 1,600 bytes', async () => {
    expect((await ofLength(LIMITS.methodArn)).status).not.toBe(414)
    expect((await ofLength(LIMITS.methodArn + 1)).status).toBe(414)
  })

  test('is no limit of an open method', async () => {
    expect((await ofLength(LIMITS.methodArn + 1, open)).status).toBe(200)
  })
})

describe('a body', () => {
  const declared = (bytes: number) =>
    answerOf('/prod/x', { method: 'POST', body: 'x', headers: { 'content-length': String(bytes) } })

  test('may declare 10 MB', async () => {
    expect((await declared(LIMITS.body)).status).toBe(200)
  })

  test('and no more', async () => {
    expect(await declared(LIMITS.body + 1)).toEqual({ status: 413, message: 'Request Too Long', calls: 0 })
  })
})
