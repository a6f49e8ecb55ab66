import { expect, test, vi } from 'vitest'
import { ExplainTokens } from '../../src/identity/explain-tokens.ts'

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
