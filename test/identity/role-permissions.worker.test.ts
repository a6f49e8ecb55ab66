import { expect, test } from 'vitest'
import { decide } from '../../src/identity/policies/decide.ts'
import { requestContext } from '../../src/identity/policies/request.ts'
import { RolePermissionsCache } from '../../src/identity/role-permissions.ts'
import { iamHarness, policyOf, TRUST } from '../aws/services/iam/iam-harness.ts'

const { client: iam, account, env } = await iamHarness()

/** A cache over the real database, which counts what it reads, on a clock of the test's. */
function cacheOf() {
  const state = { now: 1_000_000, reads: 0, away: false }
  const deferred: Promise<unknown>[] = []
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'prepare') return Reflect.get(target, name)
      return (query: string) => {
        if (state.away) throw new Error('the database is away')
        state.reads++
        return target.prepare(query)
      }
    },
  })
  const cache = new RolePermissionsCache({
    db,
    clock: () => state.now,
    defer: work => deferred.push(work),
  })
  const may = async (role: string, action: string): Promise<boolean | undefined> => {
    const permissions = await cache.of(account, role)
    const request = { action, resource: '*', context: requestContext({}) }
    return permissions && decide(permissions, request, true).allowed
  }
  return { state, may, cache, settle: () => Promise.all(deferred) }
}

async function createRole(RoleName: string, more: object = {}): Promise<string> {
  const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST, ...more })
  return Role!.Arn!
}

test('a role may do what its inline, its own and AWS’s policies say together', async () => {
  const role = await createRole('together', { Path: '/team/' })
  const { Policy } = await iam.createPolicy({ PolicyName: 'own', PolicyDocument: policyOf('s3:GetObject') })
  await iam.putRolePolicy({
    RoleName: 'together',
    PolicyName: 'in',
    PolicyDocument: policyOf('sqs:SendMessage'),
  })
  await iam.attachRolePolicy({ RoleName: 'together', PolicyArn: Policy!.Arn! })
  await iam.attachRolePolicy({
    RoleName: 'together',
    PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole',
  })
  const { may } = cacheOf()
  for (const action of ['s3:GetObject', 'sqs:SendMessage', 'lambda:InvokeFunction']) {
    expect([action, await may(role, action)]).toEqual([action, true])
  }
  expect(await may(role, 's3:PutObject')).toBe(false)
})

test('its boundary is read with it', async () => {
  const boundary = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'
  const role = await createRole('bounded', { PermissionsBoundary: boundary })
  await iam.putRolePolicy({ RoleName: 'bounded', PolicyName: 'all', PolicyDocument: policyOf('*') })
  const { may } = cacheOf()
  expect([await may(role, 'lambda:InvokeFunction'), await may(role, 's3:GetObject')]).toEqual([true, false])
})

test('a role of the same name in another path or account is another role', async () => {
  const role = await createRole('elsewhere', { Path: '/here/' })
  const { may } = cacheOf()
  expect(await may(role, 's3:GetObject')).toBe(false)
  expect(await may(role.replace('/here/', '/there/'), 's3:GetObject')).toBeUndefined()
  expect(await may(role.replace(account, '999999999999'), 's3:GetObject')).toBeUndefined()
})

test('the database is read once a second at most, and no answer is older than two', async () => {
  const role = await createRole('changing')
  const { state, may, settle } = cacheOf()
  expect(await may(role, 's3:GetObject')).toBe(false)
  expect(state.reads).toBe(1)
  await iam.putRolePolicy({ RoleName: 'changing', PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
  state.now += 999
  for (let call = 0; call < 20; call++) expect(await may(role, 's3:GetObject')).toBe(false)
  expect(state.reads).toBe(1)
  state.now += 1_001
  expect(await may(role, 's3:GetObject')).toBe(true)
  expect(state.reads).toBe(2)
  state.now += 1_500
  for (let call = 0; call < 20; call++) expect(await may(role, 's3:GetObject')).toBe(true)
  await settle()
  expect(state.reads).toBe(3)
})

test('what was known last counts for a while when the database is away', async () => {
  const role = await createRole('lasting')
  await iam.putRolePolicy({ RoleName: 'lasting', PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
  const { state, may } = cacheOf()
  expect(await may(role, 's3:GetObject')).toBe(true)
  state.away = true
  state.now += 60_000
  expect(await may(role, 's3:GetObject')).toBe(true)
  state.now += 60 * 60_000
  await expect(may(role, 's3:GetObject')).rejects.toThrow()
})

test('a change is seen at once where it was made', async () => {
  const role = await createRole('cleared')
  const { may, cache } = cacheOf()
  expect(await may(role, 's3:GetObject')).toBe(false)
  await iam.putRolePolicy({ RoleName: 'cleared', PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
  cache.clear()
  expect(await may(role, 's3:GetObject')).toBe(true)
  await iam.deleteRolePolicy({ RoleName: 'cleared', PolicyName: 'p' })
  await iam.deleteRole({ RoleName: 'cleared' })
  cache.clear()
  expect(await may(role, 's3:GetObject')).toBeUndefined()
})
