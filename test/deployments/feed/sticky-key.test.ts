import { expect, test } from 'vitest'
import type { Shift } from '../../../src/deployments/feed/shift.ts'
import { positionOf, stickyKeyOf } from '../../../src/deployments/feed/sticky-key.ts'
import type { StickyKey } from '../../../src/deployments/release.ts'

const shift = (...sticky: StickyKey[]): Shift => ({
  deployment: 'd-1',
  driver: 'g',
  target: 'f:live',
  from: '1',
  to: '2',
  sticky,
})

const sent = (headers: Record<string, string>) => ({ request: { headers: new Headers(headers) } })

const HEADER: StickyKey = { by: 'header', name: 'X-User' }
const COOKIE: StickyKey = { by: 'cookie', name: 'session' }
const IDENTITY: StickyKey = { by: 'identity' }

test('the first key that a caller has keeps it on its version', () => {
  const keyOf = (headers: Record<string, string>) =>
    stickyKeyOf(shift(HEADER, COOKIE, IDENTITY), sent(headers))
  const all = { 'x-user': 'ann', cookie: 'a=1; session=s1', 'x-api-key': 'k' }
  expect(keyOf(all)).toBe('x-user:ann')
  expect(keyOf({ ...all, 'x-user': '' })).toBe('session:s1')
  expect(keyOf({ 'x-api-key': 'k', cookie: 'sessions=s1' })).toBe(':k')
  expect(keyOf({})).toBeUndefined()
  expect(stickyKeyOf(shift(HEADER), undefined)).toBeUndefined()
  expect(stickyKeyOf({ ...shift(), sticky: undefined }, sent(all))).toBeUndefined()
})

test('a caller is who it says it is, also with the next of its tokens', () => {
  const token = (payload: object) =>
    `Bearer e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`
  const keyOf = (authorization: string) => stickyKeyOf(shift(IDENTITY), sent({ authorization }))
  expect(keyOf(token({ sub: 'ann', exp: 1 }))).toBe(keyOf(token({ sub: 'ann', exp: 2 })))
  expect(keyOf(token({ sub: 'ann' }))).not.toBe(keyOf(token({ sub: 'bob' })))
  expect(keyOf('AWS4-HMAC-SHA256 Credential=AKIA1/20261123/us-east-1/execute-api/aws4_request, ...')).toBe(
    ':AKIA1',
  )
  expect(keyOf('Bearer opaque')).toBe(':Bearer opaque')
  expect(stickyKeyOf(shift(IDENTITY), { caller: { arn: 'arn:of:somebody' } })).toBe(':arn:of:somebody')
})

test('what was accepted with a key is served by it', () => {
  expect(stickyKeyOf(shift(HEADER), { stickyKey: 'x-user:ann' })).toBe('x-user:ann')
})

test('keys are spread evenly, and anew by every deployment', () => {
  const positions = (deployment: string) =>
    Array.from({ length: 10_000 }, (_, i) => positionOf(deployment, `x-user:${i}`))
  const one = positions('d-1')
  const deciles = new Array<number>(10).fill(0)
  for (const position of one) deciles[Math.floor(position * 10)]! += 1
  const chiSquare = deciles.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
  // Of nine degrees of freedom, p = 0.001.
  expect(chiSquare).toBeLessThan(27.88)
  const other = positions('d-2')
  const both = one.filter((position, i) => position < 0.1 && other[i]! < 0.1).length
  expect(both).toBeGreaterThan(60)
  expect(both).toBeLessThan(140)
})
