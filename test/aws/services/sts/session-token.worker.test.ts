import { describe, expect, test } from 'vitest'
import {
  allow,
  as,
  type Clients,
  keysOf,
  newFunction,
  newRoot,
  newUser,
  outcome,
  trust,
} from '../../../identity/accounts.ts'
import { clientOptions } from '../../../whole-weir.ts'

const root = await newRoot()
const { account, iam } = root
const F = await newFunction(root, 'f')

const begin = async ({ sts }: Clients, more: object = {}) => {
  const { Credentials } = await sts.getSessionToken(more)
  const minutes = Math.round((Credentials!.Expiration!.getTime() - Date.now()) / 60_000)
  return { ...as(keysOf(Credentials)), minutes }
}

describe('a session of a user', () => {
  test('is the user, and may do what the user may', async () => {
    const user = await newUser(root, 'ann', allow('lambda:*'))
    const session = await begin(user)
    expect(session.minutes).toBe(12 * 60)
    expect((await begin(user, { DurationSeconds: 900 })).minutes).toBe(15)
    expect(await session.sts.getCallerIdentity({})).toMatchObject({
      Account: account,
      Arn: user.arn,
      UserId: user.id,
    })
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toBe('ok')
    await iam.deleteUserPolicy({ UserName: 'ann', PolicyName: 'p' })
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toContain(
      `User: ${user.arn} is not authorized to perform: lambda:InvokeFunction`,
    )
  })

  test('needs no permission, and goes on when the key that began it does not', async () => {
    const user = await newUser(root, 'ben')
    const session = await begin(user)
    await iam.deleteAccessKey({ UserName: 'ben', AccessKeyId: user.credentials.accessKeyId })
    expect(await outcome(session.sts.getCallerIdentity({}))).toBe('ok')
    expect(await outcome(user.sts.getCallerIdentity({}))).toContain('InvalidClientTokenId')
    await iam.deleteUser({ UserName: 'ben' })
    expect(await outcome(session.sts.getCallerIdentity({}))).toContain('InvalidClientTokenId')
  })

  test('is told from one with a long-term key by conditions', async () => {
    const only = (missing: string) => ({ Condition: { Null: { 'aws:TokenIssueTime': missing } } })
    const user = await newUser(root, 'cleo', allow('lambda:*', '*', only('false')))
    const session = await begin(user)
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toBe('ok')
    expect(await outcome(user.lambda.invoke({ FunctionName: F }))).toContain('is not authorized')
    const second = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }
    await iam.putUserPolicy({ UserName: 'cleo', PolicyName: 'p', PolicyDocument: allow('*', '*', second) })
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toContain('is not authorized')
  })

  test('cannot begin another one, nor reach IAM', async () => {
    const user = await newUser(root, 'dan', allow('*'))
    const session = await begin(user)
    expect(await outcome(session.sts.getSessionToken({}))).toBe(
      'AccessDenied: Cannot call GetSessionToken with session credentials',
    )
    expect(await outcome(session.iam.listUsers({}))).toContain('InvalidClientTokenId')
    expect(await outcome(user.iam.listUsers({}))).toBe('ok')
  })

  test('can assume roles, in a chain', async () => {
    const user = await newUser(root, 'eve', allow('sts:AssumeRole'))
    const AssumeRolePolicyDocument = trust({ AWS: `arn:aws:iam::${account}:root` })
    await iam.createRole({ RoleName: 'from-session', AssumeRolePolicyDocument, MaxSessionDuration: 7200 })
    const { sts } = await begin(user)
    const assume = (DurationSeconds?: number) =>
      sts.assumeRole({
        RoleArn: `arn:aws:iam::${account}:role/from-session`,
        RoleSessionName: 'chained',
        DurationSeconds,
      })
    expect(await outcome(assume())).toBe('ok')
    expect(await outcome(assume(7200))).toContain('exceeds the 1 hour session limit')
  })

  test('with a second factor is for nobody, as nobody has one', async () => {
    const user = await newUser(root, 'fay')
    const SerialNumber = `arn:aws:iam::${account}:mfa/fay`
    expect(await outcome(user.sts.getSessionToken({ SerialNumber, TokenCode: '123456' }))).toContain(
      'AccessDenied: MultiFactorAuthentication failed',
    )
  })
})

describe('an account’s root', () => {
  test('has sessions of an hour at most', async () => {
    const session = await begin(root)
    expect([session.minutes, (await begin(root, { DurationSeconds: 43_200 })).minutes]).toEqual([60, 60])
    expect(await session.sts.getCallerIdentity({})).toMatchObject({
      Arn: `arn:aws:iam::${account}:root`,
      UserId: account,
    })
    expect(await outcome(session.lambda.invoke({ FunctionName: F }))).toBe('ok')
  })

  test('assumes roles in development, as nobody there has anything else', async () => {
    const local = as(clientOptions().credentials)
    const { Account } = await local.sts.getCallerIdentity({})
    await local.iam.createRole({
      RoleName: 'of-root',
      AssumeRolePolicyDocument: trust({ AWS: `arn:aws:iam::${Account}:root` }),
    })
    const RoleArn = `arn:aws:iam::${Account}:role/of-root`
    const { Credentials } = await local.sts.assumeRole({ RoleArn, RoleSessionName: 'root' })
    const session = as(keysOf(Credentials))
    expect((await session.sts.getCallerIdentity({})).Arn).toBe(
      `arn:aws:sts::${Account}:assumed-role/of-root/root`,
    )
    expect(await outcome(session.lambda.listFunctions({}))).toContain('is not authorized')
  })
})
