import { describe, expect, test } from 'vitest'
import { type Cors, corsHeaders, isPreflight, preflightHeaders } from '../../src/lib/cors.ts'

const PAGE = 'https://page.example'
const request = (headers: Record<string, string>, method = 'OPTIONS') =>
  new Request('http://x.lambda-url.localhost/', { method, headers })

const plain = (cors: Cors, origin?: string) =>
  Object.fromEntries(corsHeaders(cors, request(origin === undefined ? {} : { origin }, 'GET')))

const preflight = (cors: Cors, asked: Record<string, string> = {}, origin = PAGE) =>
  Object.fromEntries(
    preflightHeaders(cors, request({ origin, 'access-control-request-method': 'PUT', ...asked })),
  )

const VARY = { Vary: 'Origin' }
const ORIGIN = { ...VARY, 'Access-Control-Allow-Origin': PAGE }

describe('every answer', () => {
  test.each<[string, Cors, string | undefined, Record<string, string>]>([
    ['names the origin that is let in', { allowOrigins: [PAGE] }, PAGE, ORIGIN],
    ['names it where all are', { allowOrigins: ['*'] }, PAGE, ORIGIN],
    ['takes no heed of the case of hosts', { allowOrigins: ['HTTPS://Page.Example'] }, PAGE, ORIGIN],
    ['names no other', { allowOrigins: ['https://other.example'] }, PAGE, VARY],
    ['takes no part of an origin for it', { allowOrigins: [`${PAGE}.evil`] }, PAGE, VARY],
    ['names none where no page asks', { allowOrigins: ['*'] }, undefined, VARY],
    ['names none where none is set', { maxAge: 5 }, PAGE, VARY],
    [
      'lets credentials and headers be used',
      { allowOrigins: [PAGE], allowCredentials: true, exposeHeaders: ['Date', 'X-A'], allowMethods: ['GET'] },
      PAGE,
      {
        ...ORIGIN,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': 'Date,X-A',
      },
    ],
  ])('%s', (_what, cors, origin, expected) => {
    expect(plain(cors, origin)).toEqual(expected)
  })
})

describe('a preflight', () => {
  test('is an OPTIONS request that asks for a method', () => {
    const asked = { origin: PAGE, 'access-control-request-method': 'PUT' }
    expect(isPreflight(request(asked))).toBe(true)
    expect(isPreflight(request(asked, 'GET'))).toBe(false)
    expect(isPreflight(request({ origin: PAGE }))).toBe(false)
    expect(isPreflight(request({ 'access-control-request-method': 'PUT' }))).toBe(false)
  })

  test('is told what is set', () => {
    const cors = {
      allowOrigins: [PAGE],
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['X-A', 'X-B'],
      allowCredentials: true,
      exposeHeaders: ['Date'],
      maxAge: 0,
    }
    expect(preflight(cors)).toEqual({
      ...ORIGIN,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Methods': 'GET,PUT',
      'Access-Control-Allow-Headers': 'X-A,X-B',
      'Access-Control-Max-Age': '0',
    })
    expect(preflight(cors, {}, 'https://other.example')).toEqual(VARY)
  })

  test('is allowed what it asks for where all is allowed, and nothing where nothing is', () => {
    const all = { allowOrigins: ['*'], allowMethods: ['*'], allowHeaders: ['*'] }
    expect(preflight(all, { 'access-control-request-headers': 'x-a, x-b' })).toEqual({
      ...ORIGIN,
      'Access-Control-Allow-Methods': 'PUT',
      'Access-Control-Allow-Headers': 'x-a, x-b',
    })
    expect(preflight(all)).toEqual({ ...ORIGIN, 'Access-Control-Allow-Methods': 'PUT' })
    expect(preflight({ allowOrigins: ['*'], allowMethods: [], allowHeaders: [] })).toEqual(ORIGIN)
  })
})
