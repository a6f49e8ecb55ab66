import { expect, test, vi } from 'vitest'
import { rateLimitHeaders } from '../../src/gateway/rate-limit-headers.ts'
import { ExplainTokens } from '../../src/identity/explain-tokens.ts'
import type { Left } from '../../src/metering/lease-protocol.ts'
import { countedBy, fakeApi, method, resource, snapshot } from '../gateway/fake-gateway.ts'

const ACCOUNT = { id: '123456789012', region: 'us-east-1' }
const HOUR = 3_600_000

function tokensOf(dataKeys: object | undefined = { k1: {} }) {
  let now = 0
  const open = vi.fn(async (_account: string, _purpose: string, { data }: { data: string }) => atob(data))
  const seal = async (_account: string, _purpose: string, plain: string) => ({
    key: 'k1',
    iv: 'iv',
    data: btoa(plain),
  })
  const directory = { get: () => dataKeys && { dataKeys } }
  const tokens = new ExplainTokens({ seal, open } as never, directory as never, () => now)
  return { tokens, open, pass: (ms: number) => (now += ms) }
}

test('a token is good in the account and region that it was given for, for an hour', async () => {
  const { tokens, open, pass } = tokensOf()
  const { token } = await tokens.give(ACCOUNT)
  expect(await tokens.isOf(token, { ...ACCOUNT, region: 'eu-west-1' })).toBe(false)
  expect(await tokens.isOf(token, { ...ACCOUNT, id: '210987654321' })).toBe(false)
  pass(HOUR - 1)
  expect(await tokens.isOf(token, ACCOUNT)).toBe(true)
  pass(1)
  expect(await tokens.isOf(token, ACCOUNT)).toBe(false)
  expect(open).toHaveBeenCalledTimes(1)
})

test('made-up tokens, and those of an account that is gone, ask nobody for keys', async () => {
  const { tokens, open } = tokensOf()
  for (const token of ['', 'x', `${ACCOUNT.id}.none.aXY=.eA==`, `${ACCOUNT.id}.toString.aXY=.eA==`])
    expect(await tokens.isOf(token, ACCOUNT)).toBe(false)
  const gone = tokensOf({})
  const { token } = await gone.tokens.give(ACCOUNT)
  expect(await gone.tokens.isOf(token, ACCOUNT)).toBe(false)
  expect([open, gone.open].map(each => each.mock.calls.length)).toEqual([0, 0])
})

test('a request is answered as ever when its token cannot be checked, and its methods may have any name', async () => {
  const api = snapshot([resource('/größe→', { GET: method({}) })])
  const isOf = vi.fn(async () => true)
  const admission = countedBy(() => ({ admitted: true }))
  const { send, reported } = fakeApi({
    snapshot: api,
    pointer: { settings: { '*/*': { throttle: { rate: 5, burst: 9 } } } },
    parts: { admission, explainTokens: { isOf } },
  })
  const call = () => send(`/prod/${encodeURIComponent('größe→')}`, { headers: { 'x-weir-explain': 'token' } })
  const good = await call()
  expect(good.status).toBe(200)
  expect(JSON.parse(good.headers.get('x-weir-explain')!).admitted).toBe(true)
  isOf.mockRejectedValueOnce(new Error('the store does not answer'))
  const unchecked = await call()
  expect([unchecked.status, unchecked.headers.get('x-weir-explain')]).toEqual([
    200,
    expect.stringContaining('try again'),
  ])
  expect(reported).toHaveLength(1)
})

test.each<[Left, string, string]>([
  [{ rate: 0.5, burst: 3, tokens: 1 }, '"rate";q=3;w=6', '"rate";r=1;t=4'],
  [{ rate: 1e-300, burst: 1, tokens: 0 }, '"rate";q=1;w=999999999999999', '"rate";r=0;t=999999999999999'],
  [{ rate: 5, burst: 0, tokens: 0 }, '"rate";q=0;w=1', '"rate";r=0;t=0'],
  [{ rate: 0, burst: 5, tokens: 5 }, '"rate";q=5', '"rate";r=5'],
  [{ quota: { limit: 0, left: 0, resetMs: 1 } }, '"quota";q=0', '"quota";r=0;t=1'],
])('what is left of %j is told in numbers that headers may have', (left, policy, limit) => {
  const refused = {
    admitted: false,
    level: 'key',
    reason: 'throttled',
    by: 'object',
    meter: 'm',
    left,
  } as const
  expect(rateLimitHeaders({ key: refused })).toEqual([
    ['RateLimit-Policy', policy],
    ['RateLimit', limit],
  ])
})
