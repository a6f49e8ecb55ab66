import { describe, expect, test } from 'vitest'
import { statementOf } from '../../../src/functions/control/resource-policy.ts'
import type { FunctionPointer, PolicyStatement } from '../../../src/functions/manifest.ts'
import { permitAnybody, permitCaller } from '../../../src/functions/urls/permit-url.ts'
import type { AuthType, FunctionUrlPointer } from '../../../src/functions/urls/pointer.ts'
import type { Authority } from '../../../src/identity/authority.ts'
import { ROOT_POLICIES } from '../../../src/identity/authority.ts'
import type { Caller } from '../../../src/identity/caller.ts'
import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import { callerPolicies } from '../../../src/identity/signed-caller.ts'

const account = { id: '111122223333', region: 'eu-central-1' }

type Grant = Parameters<typeof statementOf>[0]
const statement = (grant: Partial<Grant>): PolicyStatement =>
  statementOf({
    statementId: 's',
    resource: 'arn',
    action: 'lambda:InvokeFunctionUrl',
    principal: '*',
    ...grant,
  })

const url = (principal: string, functionUrlAuthType = 'NONE') => statement({ principal, functionUrlAuthType })
const via = (principal: string, more: Partial<Grant> = {}) =>
  statement({ action: 'lambda:InvokeFunction', principal, ...more })
const VIA_URL = { invokedViaFunctionUrl: true }

const pointer = (authType: AuthType, qualifier?: string): FunctionUrlPointer => ({
  schema: 1,
  account,
  name: 'f',
  qualifier,
  authType,
  invokeMode: 'BUFFERED',
})
const withPolicy = (statements: readonly PolicyStatement[], qualifier = '') =>
  ({ policies: { [qualifier]: statements } }) as unknown as FunctionPointer

describe('anybody', () => {
  const mayUse = (statements: readonly PolicyStatement[]) =>
    permitAnybody(pointer('NONE'), withPolicy(statements))

  test('is let in by both grants together', () => {
    expect(mayUse([url('*'), via('*', VIA_URL)])).toBe(true)
    expect(mayUse([url('*'), via('*')])).toBe(true)
    expect(mayUse([url('*')])).toBe(false)
    expect(mayUse([via('*', VIA_URL)])).toBe(false)
    expect(mayUse([])).toBe(false)
  })

  test.each<[string, PolicyStatement, PolicyStatement]>([
    ['for URLs of another kind', url('*', 'AWS_IAM'), via('*')],
    ['for an account', url(account.id), via('*')],
    ['for a service', url('*'), via('apigateway.amazonaws.com')],
    ['for calls that come otherwise', url('*'), via('*', { invokedViaFunctionUrl: false })],
    ['for a source', url('*'), via('*', { sourceArn: 'arn:aws:s3:::b' })],
    ['for an organisation', url('*'), via('*', { principalOrgId: 'o-1' })],
  ])('is not let in by a grant %s', (_what, first, second) => {
    expect(mayUse([first, second])).toBe(false)
  })

  test('is let in to what the grant was made for', () => {
    const grants = [url('*'), via('*', VIA_URL)]
    expect(permitAnybody(pointer('NONE', 'prod'), withPolicy(grants, 'prod'))).toBe(true)
    expect(permitAnybody(pointer('NONE', 'prod'), withPolicy(grants))).toBe(false)
    expect(permitAnybody(pointer('NONE'), withPolicy(grants, 'prod'))).toBe(false)
  })
})

describe('whoever signed', () => {
  const role = `arn:aws:iam::${account.id}:role/r`
  const session: Caller = {
    accessKeyId: 'A',
    account: account.id,
    arn: `arn:aws:sts::${account.id}:assumed-role/r/s`,
    role,
  }
  const other: Caller = {
    accessKeyId: 'B',
    account: '999999999999',
    arn: 'arn:aws:iam::999999999999:root',
  }
  const allowing = (...Action: string[]) => ({
    identity: [
      compilePolicy(
        'p',
        { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } },
        'identity',
      ),
    ],
  })
  const BOTH = allowing('lambda:InvokeFunctionUrl', 'lambda:InvokeFunction')
  const NONE = { identity: [] }
  const mayUse = (caller: Caller, policies = NONE as typeof BOTH, statements: PolicyStatement[] = []) =>
    permitCaller(pointer('AWS_IAM'), withPolicy(statements), caller, policies)

  test('as the root of the function’s account may', () => {
    expect(mayUse({ ...other, account: account.id }, ROOT_POLICIES as typeof BOTH)).toBe(true)
  })

  test('of the function’s account needs policies of its own or the function’s grants', () => {
    expect(mayUse(session)).toBe(false)
    expect(mayUse(session, BOTH)).toBe(true)
    expect(mayUse(session, allowing('lambda:InvokeFunction'))).toBe(false)
    const grants = [url(role, 'AWS_IAM'), via(role, VIA_URL)]
    expect(mayUse(session, NONE as typeof BOTH, grants)).toBe(true)
    expect(mayUse(session, NONE as typeof BOTH, grants.slice(1))).toBe(false)
    expect(mayUse(session, allowing('lambda:InvokeFunction'), grants.slice(0, 1))).toBe(true)
    expect(mayUse(session, NONE as typeof BOTH, [url(role), via(role)])).toBe(false)
  })

  test('of another account needs both', () => {
    const grants = [url(other.account, 'AWS_IAM'), via(other.account, VIA_URL)]
    const root = ROOT_POLICIES as typeof BOTH
    expect(mayUse(other, root)).toBe(false)
    expect(mayUse(other, NONE as typeof BOTH, grants)).toBe(false)
    expect(mayUse(other, root, grants)).toBe(true)
    expect(mayUse(other, root, [url(account.id, 'AWS_IAM'), via(account.id)])).toBe(false)
  })
})

describe('the policies of a caller', () => {
  const role = `arn:aws:iam::${account.id}:role/r`
  const caller: Caller = {
    accessKeyId: 'x',
    account: account.id,
    arn: `arn:aws:sts::${account.id}:assumed-role/r/f`,
    role,
    session: { 'lambda:SourceFunctionArn': `arn:aws:lambda:eu-central-1:${account.id}:function:f` },
    service: 'lambda.amazonaws.com',
  }
  const blueOnly = compilePolicy(
    'p',
    {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'lambda:*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } },
      },
    },
    'identity',
  )
  const trusting = (Service: string) =>
    compilePolicy(
      'trust',
      {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' },
      },
      'resource',
    )
  const authority = (
    unknownRoles: Authority['unknownRoles'],
    known?: { Team: string; trusted: string },
  ): Authority => ({
    userOf: async () => undefined,
    policyOf: async () => undefined,
    roleOf: async () =>
      known && {
        uid: 'AROA',
        tags: { Team: known.Team },
        identity: [blueOnly],
        boundary: undefined,
        trust: trusting(known.trusted),
        maxSessionDuration: 3600,
      },
    resourcePolicy: () => undefined,
    unknownRoles,
  })
  const grants = [url(role, 'AWS_IAM'), via(role, VIA_URL)]
  const mayUse = async (of: Authority, statements: PolicyStatement[] = []) =>
    permitCaller(pointer('AWS_IAM'), withPolicy(statements), caller, await callerPolicies(of)(caller))

  test('see the tags of its role', async () => {
    expect(await mayUse(authority('nothing', { Team: 'blue', trusted: 'lambda.amazonaws.com' }))).toBe(true)
    expect(await mayUse(authority('nothing', { Team: 'red', trusted: 'lambda.amazonaws.com' }))).toBe(false)
  })

  test('let nobody act in a role that trusts others, whatever the function grants', async () => {
    const of = authority('nothing', { Team: 'blue', trusted: 'ec2.amazonaws.com' })
    expect(await mayUse(of, grants)).toBe(false)
  })

  test('are none of a role that nobody created, and in development all', async () => {
    expect(await mayUse(authority('nothing'), grants)).toBe(false)
    expect(await mayUse(authority('everything'))).toBe(true)
  })
})
