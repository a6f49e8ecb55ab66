import { expect, test } from 'vitest'
import { answered, fakeApi, resource, snapshot } from '../fake-gateway.ts'
import { binaryBodies, emptyBodies, errors, headers, repeatedQueries, unicode } from './recorded-bodies.ts'
import { KINDS, type RecordedCase, SOURCES } from './recorded-case.ts'
import { encodedPaths, greedyPaths, headAndOptions, slashes, stageVariables } from './recorded-paths.ts'

const CASES: RecordedCase[] = [
  ...encodedPaths,
  ...slashes,
  ...greedyPaths,
  ...headAndOptions,
  ...stageVariables,
  ...emptyBodies,
  ...binaryBodies,
  ...unicode,
  ...repeatedQueries,
  ...headers,
  ...errors,
]

test('there are enough cases, and at least four of each kind', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60)
  for (const kind of KINDS)
    expect(CASES.filter(each => each.kind === kind).length, kind).toBeGreaterThanOrEqual(4)
  const names = CASES.map(({ kind, name }) => `${kind}: ${name}`)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})

test.each(CASES.map(each => [each.kind, each.name, SOURCES[each.source], each] as const))(
  '%s: %s (%s)',
  async (_kind, _name, _source, recorded) => {
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
  },
)

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
