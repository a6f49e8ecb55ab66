import { describe, expect, test } from 'vitest'
import { statementOf } from '../../../src/functions/control/resource-policy.ts'
import type { FunctionPointer, PolicyStatement } from '../../../src/functions/manifest.ts'
import { permitUrl, type UrlCaller } from '../../../src/functions/urls/permit-url.ts'
import type { FunctionUrlPointer } from '../../../src/functions/urls/pointer.ts'

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
const via = (principal: string, invokedViaFunctionUrl?: boolean) =>
  statement({ action: 'lambda:InvokeFunction', principal, invokedViaFunctionUrl })

interface Case {
  readonly statements: readonly PolicyStatement[]
  readonly authType?: 'NONE' | 'AWS_IAM'
  readonly caller?: UrlCaller
  readonly qualifier?: string
  /** Of which qualifier the policy is. */
  readonly policyOf?: string
  readonly identity?: readonly string[]
}

function permitted({ statements, authType = 'NONE', caller, qualifier, policyOf = '', identity = [] }: Case) {
  const pointer = { schema: 1, account, name: 'f', qualifier, authType, invokeMode: 'BUFFERED' } as const
  const target = { policies: { [policyOf]: statements } } as unknown as FunctionPointer
  return permitUrl(pointer satisfies FunctionUrlPointer, target, caller, (_caller, action) =>
    identity.includes(action),
  )
}

describe('anybody', () => {
  test('is let in by both grants together', async () => {
    expect(await permitted({ statements: [url('*'), via('*', true)] })).toBe(true)
    expect(await permitted({ statements: [url('*'), via('*')] })).toBe(true)
    expect(await permitted({ statements: [url('*')] })).toBe(false)
    expect(await permitted({ statements: [via('*', true)] })).toBe(false)
    expect(await permitted({ statements: [] })).toBe(false)
  })

  test('is not let in by grants for others, for other kinds of URLs, or on conditions that nobody can meet', async () => {
    const both = [url('*'), via('*', true)]
    expect(await permitted({ statements: [url('*', 'AWS_IAM'), both[1]!] })).toBe(false)
    expect(await permitted({ statements: [url(account.id), both[1]!] })).toBe(false)
    expect(await permitted({ statements: [both[0]!, via('apigateway.amazonaws.com')] })).toBe(false)
    expect(await permitted({ statements: [both[0]!, via('*', false)] })).toBe(false)
    expect(
      await permitted({
        statements: [both[0]!, statement({ ...{ action: 'lambda:InvokeFunction' }, sourceArn: 'arn:*' })],
      }),
    ).toBe(false)
    expect(
      await permitted({
        statements: [both[0]!, statement({ action: 'lambda:InvokeFunction', principalOrgId: 'o-1' })],
      }),
    ).toBe(false)
  })

  test('is let in to what the grant was made for', async () => {
    const statements = [url('*'), via('*', true)]
    expect(await permitted({ statements, qualifier: 'prod', policyOf: 'prod' })).toBe(true)
    expect(await permitted({ statements, qualifier: 'prod' })).toBe(false)
    expect(await permitted({ statements, policyOf: 'prod' })).toBe(false)
  })
})

describe('whoever signed', () => {
  const own: UrlCaller = { accessKeyId: 'A', account: account.id, arn: `arn:aws:iam::${account.id}:user/u` }
  const other: UrlCaller = {
    accessKeyId: 'B',
    account: '999999999999',
    arn: 'arn:aws:iam::999999999999:root',
  }
  const both = ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']
  const signed = (more: Partial<Case>) => permitted({ authType: 'AWS_IAM', statements: [], ...more })

  test('of the function’s account needs policies of its own or the function’s grants', async () => {
    expect(await signed({ caller: own })).toBe(false)
    expect(await signed({ caller: own, identity: both })).toBe(true)
    expect(await signed({ caller: own, identity: both.slice(1) })).toBe(false)
    const grants = [url(account.id, 'AWS_IAM'), via(account.id, true)]
    expect(await signed({ caller: own, statements: grants })).toBe(true)
    expect(await signed({ caller: own, statements: grants.slice(0, 1) })).toBe(false)
    expect(await signed({ caller: own, statements: grants.slice(0, 1), identity: both.slice(1) })).toBe(true)
    expect(await signed({ caller: own, statements: [url(own.arn, 'AWS_IAM'), via('*')] })).toBe(true)
  })

  test('of another account needs both', async () => {
    const grants = [url(other.account, 'AWS_IAM'), via(other.account, true)]
    expect(await signed({ caller: other, identity: both })).toBe(false)
    expect(await signed({ caller: other, statements: grants })).toBe(false)
    expect(await signed({ caller: other, statements: grants, identity: both })).toBe(true)
    const ofOthers = [url(account.id, 'AWS_IAM'), via(account.id, true)]
    expect(await signed({ caller: other, statements: ofOthers, identity: both })).toBe(false)
  })

  test('in a role’s name is let in by a grant to the role', async () => {
    const role = `arn:aws:iam::${account.id}:role/r`
    const session = { ...own, arn: `arn:aws:sts::${account.id}:assumed-role/r/s`, role }
    expect(await signed({ caller: session, statements: [url(role, 'AWS_IAM'), via(role, true)] })).toBe(true)
  })
})
