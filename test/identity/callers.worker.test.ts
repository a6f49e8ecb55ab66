import { describe, expect, test } from 'vitest'
import { allow, as, denial, newFunction, newRoot, newUser, outcome, policy } from './accounts.ts'

const root = await newRoot()
const { account, iam } = root
const ARN = await newFunction(root, 'f')
await newFunction(root, 'g')

const invoke = ({ lambda }: ReturnType<typeof as>, FunctionName = 'f') =>
  outcome(lambda.invoke({ FunctionName }))

const no = (user: { arn: string }, action = 'lambda:InvokeFunction', reason?: string) =>
  denial(user.arn, action, ARN, reason)

describe('a user', () => {
  test('is who calls with its key', async () => {
    const user = await newUser(root, 'Who', undefined, { Path: '/team/' })
    expect(await user.sts.getCallerIdentity({})).toMatchObject({
      Account: account,
      Arn: `arn:aws:iam::${account}:user/team/Who`,
      UserId: user.id,
    })
    expect(await root.sts.getCallerIdentity({})).toMatchObject({
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
      UserId: account,
    })
  })

  test('may do nothing until a policy allows it', async () => {
    const user = await newUser(root, 'plain')
    expect(await invoke(user)).toBe(no(user))
    await iam.putUserPolicy({
      UserName: 'plain',
      PolicyName: 'p',
      PolicyDocument: allow('lambda:InvokeFunction', ARN),
    })
    expect(await invoke(user)).toBe('ok')
    expect(await invoke(user, 'g')).toContain('is not authorized')
  })

  test('may do what its groups may, as long as it is in them', async () => {
    const user = await newUser(root, 'member')
    await iam.createGroup({ GroupName: 'callers' })
    await iam.putGroupPolicy({ GroupName: 'callers', PolicyName: 'p', PolicyDocument: allow('lambda:*') })
    await iam.addUserToGroup({ GroupName: 'callers', UserName: 'member' })
    expect(await invoke(user)).toBe('ok')
    await iam.removeUserFromGroup({ GroupName: 'callers', UserName: 'member' })
    expect(await invoke(user)).toBe(no(user))
  })

  test('may do no more than its boundary allows', async () => {
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'
    const user = await newUser(root, 'bounded', allow('*'), { PermissionsBoundary })
    expect(await invoke(user)).toBe('ok')
    expect(await outcome(user.lambda.getFunction({ FunctionName: 'f' }))).toBe(
      no(user, 'lambda:GetFunction', 'because no permissions boundary allows the lambda:GetFunction action'),
    )
  })

  test('is forbidden what a policy denies, whatever else allows it', async () => {
    const user = await newUser(
      root,
      'denied',
      policy({ Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'lambda:Invoke*', Resource: ARN }),
    )
    expect(await invoke(user)).toBe(
      no(user, 'lambda:InvokeFunction', 'with an explicit deny in an identity-based policy'),
    )
    expect(await invoke(user, 'g')).toBe('ok')
  })

  test('is let in by the function it calls', async () => {
    const user = await newUser(root, 'named')
    const grant = { FunctionName: 'f', StatementId: 'named', Action: 'lambda:InvokeFunction' }
    await root.lambda.addPermission({ ...grant, Principal: user.arn })
    expect(await invoke(user)).toBe('ok')
    await root.lambda.removePermission({ FunctionName: 'f', StatementId: 'named' })
    expect(await invoke(user)).toBe(no(user))
  })

  test('gives a function no role that it may not pass', async () => {
    const Role = `arn:aws:iam::${account}:role/strong`
    const user = await newUser(root, 'passing', allow('lambda:*'))
    const update = () => outcome(user.lambda.updateFunctionConfiguration({ FunctionName: 'g', Role }))
    expect(await update()).toBe(
      `AccessDeniedException: User: ${user.arn} is not authorized to perform: iam:PassRole on resource: ${Role} because no identity-based policy allows the iam:PassRole action`,
    )
    await iam.putUserPolicy({
      UserName: 'passing',
      PolicyName: 'pass',
      PolicyDocument: allow('iam:PassRole', Role, {
        Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      }),
    })
    expect(await update()).toBe('ok')
  })

  test('manages what of IAM it is allowed to, and no more', async () => {
    const own = `arn:aws:iam::*:user/\${aws:username}`
    const user = await newUser(root, 'self', allow('iam:*AccessKey*', own))
    expect(await outcome(user.iam.listAccessKeys({ UserName: 'self' }))).toBe('ok')
    expect(await outcome(user.iam.listAccessKeys({ UserName: 'plain' }))).toContain('is not authorized')
    expect(await outcome(user.iam.createUser({ UserName: 'other' }))).toBe(
      denial(user.arn, 'iam:CreateUser', `arn:aws:iam::${account}:user/other`),
    )
  })
})

describe('an access key', () => {
  test('that is inactive, deleted or nobody’s lets nobody in', async () => {
    const user = await newUser(root, 'keys', allow('lambda:*'))
    const { accessKeyId: AccessKeyId } = user.credentials
    const refused = 'UnrecognizedClientException: The security token included in the request is invalid.'
    expect(await invoke(user)).toBe('ok')
    await iam.updateAccessKey({ UserName: 'keys', AccessKeyId, Status: 'Inactive' })
    expect(await invoke(user)).toBe(refused)
    await iam.updateAccessKey({ UserName: 'keys', AccessKeyId, Status: 'Active' })
    expect(await invoke(user)).toBe('ok')
    await iam.deleteAccessKey({ UserName: 'keys', AccessKeyId })
    expect(await invoke(user)).toBe(refused)
    for (const accessKeyId of ['AKIAIOSFODNN7AAAAAAA', 'AKIA', 'ASIAIOSFODNN7AAAAAAA', 'akia']) {
      expect(await invoke(as({ ...user.credentials, accessKeyId }))).toBe(refused)
    }
  })

  test('signs with its own secret, and without a session token', async () => {
    const user = await newUser(root, 'secret', allow('lambda:*'))
    expect(await invoke(as({ ...user.credentials, secretAccessKey: 'x'.repeat(40) }))).toContain(
      'The request signature we calculated does not match',
    )
    expect(await invoke(as({ ...user.credentials, sessionToken: 'x' }))).toContain(
      'UnrecognizedClientException',
    )
  })
})

describe('condition keys', () => {
  const cases: [key: string, right: string, wrong: string, operator?: string][] = [
    ['aws:SourceIp', '127.0.0.0/8', '10.0.0.0/8', 'IpAddress'],
    ['aws:username', 'keyed-*', 'other', 'StringLike'],
    ['aws:userid', 'AIDA*', 'AROA*', 'StringLike'],
    ['aws:PrincipalArn', `arn:aws:iam::${account}:user/keyed-*`, 'arn:aws:iam::*:root', 'ArnLike'],
    ['aws:PrincipalAccount', account, '000000000000'],
    ['aws:PrincipalType', 'User', 'AssumedRole'],
    ['aws:PrincipalTag/Team', 'blue', 'red'],
    ['aws:ResourceTag/Stage', 'test', 'live'],
    ['aws:RequestedRegion', 'us-east-1', 'eu-west-1'],
    ['aws:SecureTransport', 'false', 'true', 'Bool'],
    ['aws:ViaAWSService', 'false', 'true', 'Bool'],
    ['aws:CurrentTime', '2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', 'DateGreaterThan'],
    ['aws:EpochTime', '1577836800', '4070908800', 'NumericGreaterThan'],
    ['aws:MultiFactorAuthPresent', 'true', 'false', 'Null'],
    ['aws:TokenIssueTime', 'true', 'false', 'Null'],
  ]
  test.each(cases.map((each, index) => [...each, index] as const))('%s', async (...row) => {
    const [key, right, wrong] = row
    const operator = typeof row[3] === 'string' ? row[3] : 'StringEquals'
    await root.lambda.tagResource({ Resource: ARN, Tags: { Stage: 'test' } })
    const name = `keyed-${row.at(-1)}`
    const user = await newUser(root, name, undefined, { Tags: [{ Key: 'team', Value: 'blue' }] })
    const may = async (value: string) => {
      const PolicyDocument = allow('lambda:*', ARN, { Condition: { [operator]: { [key]: value } } })
      await iam.putUserPolicy({ UserName: name, PolicyName: 'p', PolicyDocument })
      return invoke(user)
    }
    expect(await may(right)).toBe('ok')
    expect(await may(wrong)).toBe(no(user))
  })
})
