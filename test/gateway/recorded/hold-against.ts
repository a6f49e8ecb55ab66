import { expect } from 'vitest'
import { answered, fakeApi, resource, snapshot } from '../fake-gateway.ts'
import type { RecordedCase } from './recorded-case.ts'

/** Sends a recorded request, and compares the event and the answer with what was recorded. */
export async function holdAgainst(recorded: RecordedCase): Promise<void> {
  const { api, stages, target, request, answer, invoke } = recorded
  const stage = /^(?:https?:\/\/[^/]+)?\/+([^/?]+)/.exec(target)![1]!
  const fake = fakeApi({
    snapshot: api ?? snapshot([resource('/{proxy+}')]),
    stages: stages ?? { [stage]: {} },
    invoke: invoke ?? (() => answered(answer ?? { statusCode: 200 })),
  })
  const response = await fake.send(target, request)
  if (recorded.event) {
    const event = lowerCased(fake.event())
    expect(event).toMatchObject(lowerCased(recorded.event))
    for (const name of recorded.notInEvent ?? []) expect(event.headers).not.toHaveProperty(name)
  }
  expect(response.status).toBe(recorded.status ?? 200)
  for (const [name, value] of Object.entries(recorded.headers ?? {}))
    expect(response.headers.get(name)).toBe(value)
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
  expect(response.headers.get('x-amz-apigw-id')).toMatch(/=$/)
  const { body } = recorded
  if (body instanceof Uint8Array) expect(new Uint8Array(await response.arrayBuffer())).toEqual(body)
  else if (typeof body === 'string') expect(await response.text()).toBe(body)
  else if (body !== undefined) expect(await response.json()).toEqual(body)
  expect(fake.reported).toEqual([])
}

/** Workers give names of headers in lower case; API Gateway as HTTP/1.1 clients write them. */
function lowerCased<T extends Readonly<Record<string, unknown>>>(event: T): T & { headers: object } {
  const lower = (members: unknown) =>
    Object.fromEntries(Object.entries(members as object).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    ...event,
    ...(event.headers ? { headers: lower(event.headers) } : {}),
    ...(event.multiValueHeaders ? { multiValueHeaders: lower(event.multiValueHeaders) } : {}),
  } as T & { headers: object }
}
