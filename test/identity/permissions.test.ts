import { expect, test } from 'vitest'
import type { Directory } from '../../src/identity/directory.ts'
import { publishedPermissions } from '../../src/identity/permissions.ts'
import { decide } from '../../src/identity/policies/decide.ts'
import { requestContext } from '../../src/identity/policies/request.ts'
import type { Published, PublishedKind } from '../../src/identity/published.ts'

const ACCOUNT = '111122223333'
const CALLS_FUNCTIONS = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'

const policyOf = (Action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } })

const entity = { schema: 1, uid: 'U1', path: '/', inline: {}, attached: [], tags: {} } as const
const role = { ...entity, name: 'Worker', trust: policyOf('sts:AssumeRole') } as const
const user = { ...entity, name: 'Alice', groups: [] } as const

/** Permissions over entities that are known by `kind/name`. */
function known(entities: Readonly<Record<string, object>>) {
  const get = <K extends PublishedKind>(account: string, kind: K, name: string) =>
    (account === ACCOUNT ? entities[`${kind}/${name}`] : undefined) as Published[K] | undefined
  const permissions = publishedPermissions({ get } as Pick<Directory, 'get'>)
  const allowed = async (found: ReturnType<typeof permissions.userOf>, ...actions: string[]) => {
    const policies = await found
    if (!policies) return undefined
    return actions.filter(
      action => decide(policies, { action, resource: '*', context: requestContext({}) }, true).allowed,
    )
  }
  return {
    ...permissions,
    roleMay: (arn: string, ...actions: string[]) => allowed(permissions.roleOf(ACCOUNT, arn), ...actions),
    userMay: (arn: string, ...actions: string[]) => allowed(permissions.userOf(ACCOUNT, arn), ...actions),
  }
}

const ROLE = `arn:aws:iam::${ACCOUNT}:role/Worker`
const USER = `arn:aws:iam::${ACCOUNT}:user/Alice`
const THREE = ['s3:GetObject', 'sqs:SendMessage', 'lambda:InvokeFunction'] as const

test('a role may do what its inline, its own and AWS’s policies say together', async () => {
  const own = { schema: 1, name: 'Own', path: '/', document: policyOf('s3:GetObject') }
  const attached = [`arn:aws:iam::${ACCOUNT}:policy/Own`, CALLS_FUNCTIONS]
  const { roleMay } = known({
    'role/worker': { ...role, inline: { p: policyOf('sqs:SendMessage') }, attached },
    'policy/own': own,
  })
  expect(await roleMay(ROLE, ...THREE, 's3:PutObject')).toEqual(THREE)
})

test('a user may do what the policies of its groups say, too', async () => {
  const group = {
    ...entity,
    name: 'Readers',
    inline: { p: policyOf('s3:GetObject') },
    attached: [CALLS_FUNCTIONS],
  }
  const { userMay } = known({
    'user/alice': { ...user, groups: ['AGPA1', 'AGPA2'], inline: { p: policyOf('sqs:SendMessage') } },
    // The other one was deleted a moment ago.
    'group/AGPA1': group,
  })
  expect(await userMay(USER, ...THREE, 's3:PutObject')).toEqual(THREE)
})

test('no more than a boundary allows, of whatever policy it is', async () => {
  const inline = { all: policyOf('*') }
  const gone = `arn:aws:iam::${ACCOUNT}:policy/gone`
  const { roleMay, userMay } = known({
    'role/worker': { ...role, inline, boundary: CALLS_FUNCTIONS },
    'user/alice': { ...user, inline, boundary: gone },
  })
  expect(await roleMay(ROLE, ...THREE)).toEqual(['lambda:InvokeFunction'])
  expect(await userMay(USER, ...THREE)).toEqual([])
})

test('one of the same name in another path or account is another one', async () => {
  const {
    roleMay,
    userMay,
    policyOf: policy,
  } = known({
    'role/worker': { ...role, path: '/here/' },
    'user/alice': { ...user, path: '/here/' },
    'policy/own': { schema: 1, name: 'Own', path: '/here/', document: policyOf('*') },
  })
  expect(await roleMay(ROLE.replace('role/', 'role/here/'))).toEqual([])
  expect(await roleMay(ROLE)).toBeUndefined()
  expect(await roleMay(ROLE.replace('role/', 'role/here/').replace(ACCOUNT, '999999999999'))).toBeUndefined()
  expect(await userMay(USER.replace('user/', 'user/there/'))).toBeUndefined()
  expect(await policy(ACCOUNT, `arn:aws:iam::${ACCOUNT}:policy/here/Own`)).toBeDefined()
  expect(await policy(ACCOUNT, `arn:aws:iam::${ACCOUNT}:policy/Own`)).toBeUndefined()
})

test('what has not changed is not compiled again, and what has is', async () => {
  const entities: Record<string, object> = {
    'role/worker': {
      ...role,
      inline: { p: policyOf('s3:*') },
      attached: [`arn:aws:iam::${ACCOUNT}:policy/Own`],
    },
    'policy/own': { schema: 1, name: 'Own', path: '/', document: policyOf('sqs:*') },
  }
  const { roleOf, roleMay } = known(entities)
  const first = await roleOf(ACCOUNT, ROLE)
  const second = await roleOf(ACCOUNT, ROLE)
  expect(second!.identity.every((policy, index) => policy === first!.identity[index])).toBe(true)
  expect(second!.trust).toBe(first!.trust)
  entities['policy/own'] = { schema: 1, name: 'Own', path: '/', document: policyOf('lambda:*') }
  expect(await roleMay(ROLE, ...THREE)).toEqual(['s3:GetObject', 'lambda:InvokeFunction'])
})
