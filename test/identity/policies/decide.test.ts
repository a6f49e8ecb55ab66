import { describe, expect, test } from 'vitest'
import { decideByResource, describeDenial } from '../../../src/identity/policies/decide.ts'
import type { StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import type { Principal } from '../../../src/identity/policies/request.ts'
import { allow, decided, deny, identityPolicy, request, resourcePolicy } from './policy.ts'

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/worker`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/f`
const caller: Principal = { kind: 'session', account: ACCOUNT, arn: SESSION, role: ROLE }
const user: Principal = { kind: 'user', account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ann` }

const nothing = identityPolicy()
const everything = identityPolicy(allow())
const to = (...names: string[]) => resourcePolicy(allow({ Principal: { AWS: names } }))

describe('within an account', () => {
  const ask = (policies: Parameters<typeof decided>[0], principal: Principal = caller) =>
    decided(policies, { principal })

  test("either the caller's policies or the resource's are enough", () => {
    expect(ask({ identity: [everything] })).toMatchObject({ allowed: true, type: 'identity' })
    expect(ask({ resource: to(ROLE) })).toMatchObject({ allowed: true, type: 'resource' })
    expect(ask({ resource: to(SESSION) })).toMatchObject({ allowed: true, type: 'resource' })
    expect(ask({ resource: to('*') })).toMatchObject({ allowed: true, type: 'resource' })
    expect(ask({ resource: resourcePolicy(allow({ Principal: '*' })) }).allowed).toBe(true)
    expect(ask({ identity: [nothing], resource: to('arn:aws:iam::111122223333:role/worker') }).allowed).toBe(
      false,
    )
  })

  test('a resource that names the account leaves it to the account’s policies who may', () => {
    for (const name of [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`]) {
      expect(ask({ identity: [nothing], resource: to(name) })).toEqual({ allowed: false, type: 'identity' })
      expect(ask({ identity: [everything], resource: to(name) }).allowed).toBe(true)
    }
  })

  test('a boundary limits what identities and roles are given, not what a session or a user is', () => {
    const boundary = nothing
    expect(ask({ identity: [everything], boundary })).toEqual({ allowed: false, type: 'boundary' })
    expect(ask({ resource: to(ROLE), boundary })).toEqual({ allowed: false, type: 'boundary' })
    expect(ask({ resource: to(SESSION), boundary }).allowed).toBe(true)
    expect(ask({ resource: to(`arn:aws:iam::${ACCOUNT}:user/ann`), boundary }, user).allowed).toBe(true)
    expect(ask({ identity: [nothing], boundary: everything })).toEqual({ allowed: false, type: 'identity' })
  })

  test("a session's policies limit what its role is given, not what it is given itself", () => {
    const session = [identityPolicy(allow({ Action: 's3:*' }))]
    expect(ask({ identity: [everything], session })).toEqual({ allowed: false, type: 'session' })
    expect(ask({ resource: to(ROLE), session })).toEqual({ allowed: false, type: 'session' })
    expect(ask({ resource: to(SESSION), session }).allowed).toBe(true)
    expect(ask({ identity: [everything], session: [everything] }).allowed).toBe(true)
  })

  test('an explicit deny wins in whichever policy it is', () => {
    const open = {
      identity: [everything],
      resource: to(SESSION),
      boundary: everything,
      session: [everything],
    }
    expect(ask(open).allowed).toBe(true)
    const no = identityPolicy(allow(), deny({ Sid: 'No' }))
    const by = { sid: 'No' }
    expect(ask({ ...open, identity: [everything, no] })).toMatchObject({ type: 'identity', by })
    expect(ask({ ...open, boundary: no })).toMatchObject({ type: 'boundary', by })
    expect(ask({ ...open, session: [no] })).toMatchObject({ type: 'session', by })
    for (const AWS of [SESSION, ROLE, ACCOUNT, '*']) {
      const resource = resourcePolicy(allow({ Principal: '*' }), deny({ Sid: 'No', Principal: { AWS } }))
      expect(ask({ ...open, resource })).toMatchObject({ allowed: false, type: 'resource', by })
    }
  })

  test('NotPrincipal spares only those that are listed by all of their names', () => {
    const sparing = (...AWS: string[]) => ({
      identity: [everything],
      resource: resourcePolicy(deny({ NotPrincipal: { AWS } })),
    })
    const root = `arn:aws:iam::${ACCOUNT}:root`
    expect(ask(sparing(root, ROLE, SESSION)).allowed).toBe(true)
    expect(ask(sparing(root, ROLE)).allowed).toBe(false)
    expect(ask(sparing(ROLE, SESSION)).allowed).toBe(false)
    expect(ask(sparing(ACCOUNT, `arn:aws:iam::${ACCOUNT}:user/ann`), user).allowed).toBe(true)
    expect(ask(sparing(ACCOUNT), { kind: 'root', account: ACCOUNT }).allowed).toBe(true)
  })

  test('a statement of a resource that names nobody is about nobody', () => {
    expect(ask({ resource: resourcePolicy(allow()) }).allowed).toBe(false)
  })
})

describe('between accounts', () => {
  const ask = (policies: Parameters<typeof decided>[0]) => decided(policies, { principal: caller }, false)

  test('both sides must allow', () => {
    expect(ask({ identity: [everything] })).toEqual({ allowed: false, type: 'resource' })
    for (const name of [SESSION, ROLE, ACCOUNT, '*']) {
      expect(ask({ identity: [nothing], resource: to(name) })).toEqual({ allowed: false, type: 'identity' })
      expect(ask({ identity: [everything], resource: to(name) }).allowed).toBe(true)
      expect(ask({ identity: [everything], resource: to(name), boundary: nothing }).allowed).toBe(false)
    }
    expect(ask({ identity: [everything], resource: to('444455556666') }).allowed).toBe(false)
  })
})

describe('callers without policies of their own', () => {
  const ask = (principal: Principal, ...statements: StatementDocument[]) =>
    decideByResource(resourcePolicy(...statements), request({ principal })).allowed
  const service: Principal = { kind: 'service', name: 'sns.amazonaws.com' }

  test('are let in by name, or with everybody', () => {
    expect(ask(service, allow({ Principal: { Service: ['s3.amazonaws.com', 'sns.amazonaws.com'] } }))).toBe(
      true,
    )
    expect(ask(service, allow({ Principal: { Service: 's3.amazonaws.com' } }))).toBe(false)
    expect(ask(service, allow({ Principal: '*' }))).toBe(true)
    expect(ask({ kind: 'anonymous' }, allow({ Principal: '*' }))).toBe(true)
    expect(ask({ kind: 'anonymous' }, allow({ Principal: { AWS: '*' } }))).toBe(true)
    expect(ask({ kind: 'anonymous' }, allow({ Principal: { AWS: ACCOUNT } }))).toBe(false)
    expect(
      ask(service, allow({ Principal: '*' }), deny({ NotPrincipal: { Service: 's3.amazonaws.com' } })),
    ).toBe(false)
    expect(decideByResource(undefined, request({ principal: service })).allowed).toBe(false)
  })
})

test('a denial is put into the words of AWS', () => {
  const action = 'lambda:InvokeFunction'
  expect(describeDenial({ allowed: false, type: 'identity' }, action)).toBe(
    'because no identity-based policy allows the lambda:InvokeFunction action',
  )
  const by = { policy: 'p', sid: undefined, index: 0 }
  expect(describeDenial({ allowed: false, type: 'identity', by }, action)).toBe(
    'with an explicit deny in an identity-based policy',
  )
  expect(describeDenial({ allowed: false, type: 'boundary', by }, action)).toBe(
    'with an explicit deny in a permissions boundary',
  )
})
