// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import type { EvaluationResult } from '@aws-sdk/client-iam'
import { beforeAll, describe, expect, test } from 'vitest'
import { failure, type IamHarness, iamHarness, policyOf, TRUST } from './iam-harness.ts'

let iam: IamHarness

const SETTING_UP_MS = 60_000

beforeAll(async () => {
  iam = await iamHarness()
}, SETTING_UP_MS)

const MINUTES_AFTER =
  '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'

const at = (time: string) => [
  { ContextKeyName: 'aws:CurrentTime', ContextKeyValues: [time], ContextKeyType: 'date' as const },
]

const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const decisions = (results: EvaluationResult[] = []) =>
  results.map(({ EvalActionName, EvalDecision }) => `${EvalActionName} ${EvalDecision}`)

describe('SimulateCustomPolicy', () => {
  test('answers the documentation’s example to the letter', async () => {
    const { EvaluationResults, IsTruncated } = await iam.client.simulateCustomPolicy({
      PolicyInputList: [MINUTES_AFTER],
      ActionNames: ['dynamodb:CreateBackup'],
      ContextEntries: at('2019-04-25T11:00:00Z'),
    })
    expect(IsTruncated).toBe(false)
    expect(EvaluationResults).toEqual([
      {
        EvalActionName: 'dynamodb:CreateBackup',
        EvalResourceName: '*',
        EvalDecision: 'allowed',
        MatchedStatements: [
          {
            SourcePolicyId: 'PolicyInputList.1',
            SourcePolicyType: 'none',
            StartPosition: { Line: 1, Column: 38 },
            EndPosition: { Line: 1, Column: 167 },
          },
        ],
        MissingContextValues: [],
      },
    ])
    const { EvaluationResults: before } = await iam.client.simulateCustomPolicy({
      PolicyInputList: [MINUTES_AFTER],
      ActionNames: ['dynamodb:CreateBackup'],
      ContextEntries: at('2014-04-25T11:00:00Z'),
    })
    expect(before).toMatchObject([
      { EvalDecision: 'implicitDeny', MatchedStatements: [], MissingContextValues: [] },
    ])
  })

  test('tells the statement that denies, and no other', async () => {
    const text = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
    {
      "Effect": "Deny",
      "Action": "s3:Put*",
      "Resource": "*"
    }
  ]
}`
    const { EvaluationResults } = await iam.client.simulateCustomPolicy({
      PolicyInputList: [policyOf('s3:PutObject'), text],
      ActionNames: ['s3:PutObject', 's3:GetObject', 'sqs:SendMessage'],
    })
    expect(decisions(EvaluationResults)).toEqual([
      's3:PutObject explicitDeny',
      's3:GetObject allowed',
      'sqs:SendMessage implicitDeny',
    ])
    expect(EvaluationResults![0]!.MatchedStatements).toEqual([
      {
        SourcePolicyId: 'PolicyInputList.2',
        SourcePolicyType: 'none',
        StartPosition: { Line: 5, Column: 6 },
        EndPosition: { Line: 9, Column: 6 },
      },
    ])
    expect(EvaluationResults![1]!.MatchedStatements).toMatchObject([
      { SourcePolicyId: 'PolicyInputList.2', StartPosition: { Line: 4, Column: 6 } },
    ])
  })

  test('says of each resource what is decided, and of all of them the most restrictive', async () => {
    const [mine, other] = ['arn:aws:s3:::mine/key', 'arn:aws:s3:::other/key']
    const { EvaluationResults } = await iam.client.simulateCustomPolicy({
      PolicyInputList: [policyOf('s3:*', 'arn:aws:s3:::mine/*')],
      ActionNames: ['s3:GetObject'],
      ResourceArns: [mine, other],
    })
    expect(EvaluationResults).toMatchObject([
      {
        EvalResourceName: '*',
        EvalDecision: 'implicitDeny',
        MatchedStatements: [],
        EvalDecisionDetails: {},
        ResourceSpecificResults: [
          {
            EvalResourceName: mine,
            EvalResourceDecision: 'allowed',
            MatchedStatements: [{ SourcePolicyId: 'PolicyInputList.1' }],
          },
          { EvalResourceName: other, EvalResourceDecision: 'implicitDeny', MatchedStatements: [] },
        ],
      },
    ])
    const one = await iam.client.simulateCustomPolicy({
      PolicyInputList: [policyOf('s3:*', 'arn:aws:s3:::mine/*')],
      ActionNames: ['s3:GetObject'],
      ResourceArns: [mine],
    })
    expect(one.EvaluationResults).toMatchObject([{ EvalResourceName: mine, EvalDecision: 'allowed' }])
  })

  test('names the keys that the policies ask for and nobody gave', async () => {
    const asking = policy(
      {
        Effect: 'Allow',
        Action: 's3:Get*',
        Resource: 'arn:aws:s3:::home/${aws:username}/*',
        Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, Bool: { 'aws:SecureTransport': 'true' } },
      },
      {
        Effect: 'Allow',
        Action: 'sqs:*',
        Resource: '*',
        Condition: { Null: { 'aws:TokenIssueTime': 'true' } },
      },
    )
    const ask = async (ResourceArns?: string[]) =>
      (
        await iam.client.simulateCustomPolicy({
          PolicyInputList: [asking],
          ActionNames: ['s3:GetObject'],
          ResourceArns,
          ContextEntries: [
            { ContextKeyName: 'AWS:securetransport', ContextKeyValues: ['true'], ContextKeyType: 'boolean' },
          ],
        })
      ).EvaluationResults![0]!
    expect((await ask()).MissingContextValues).toEqual(['aws:username', 'aws:SourceIp'])
    const specific = await ask(['arn:aws:s3:::home/ann/file'])
    expect(specific.ResourceSpecificResults![0]!.MissingContextValues).toEqual([
      'aws:username',
      'aws:SourceIp',
    ])
    const { ContextKeyNames } = await iam.client.getContextKeysForCustomPolicy({ PolicyInputList: [asking] })
    expect(ContextKeyNames).toEqual([
      'aws:username',
      'aws:SourceIp',
      'aws:SecureTransport',
      'aws:TokenIssueTime',
    ])
  })

  test('takes values of every type, and refuses what is none of it', async () => {
    const holds = async (operator: string, asked: string, type: string, values: string[]) => {
      const { EvaluationResults } = await iam.client.simulateCustomPolicy({
        PolicyInputList: [policyOf('s3:*', '*', { Condition: { [operator]: { 'a:key': asked } } })],
        ActionNames: ['s3:GetObject'],
        ContextEntries: [
          { ContextKeyName: 'a:key', ContextKeyValues: values, ContextKeyType: type as 'string' },
        ],
      })
      return EvaluationResults![0]!.EvalDecision
    }
    expect(await holds('NumericLessThan', '10', 'numeric', ['9'])).toBe('allowed')
    expect(await holds('Bool', 'true', 'boolean', ['true'])).toBe('allowed')
    expect(await holds('IpAddress', '10.0.0.0/8', 'ip', ['10.1.2.3'])).toBe('allowed')
    expect(await holds('BinaryEquals', 'QQ==', 'binary', ['QQ=='])).toBe('allowed')
    expect(await holds('DateLessThan', '2020-01-01T00:00:00Z', 'date', ['2019-01-01T00:00:00Z'])).toBe(
      'allowed',
    )
    expect(await holds('ForAllValues:StringEquals', 'a', 'stringList', ['a', 'a'])).toBe('allowed')
    expect(await holds('ForAllValues:StringEquals', 'a', 'stringList', ['a', 'b'])).toBe('implicitDeny')
    for (const [type, values] of [
      ['numeric', ['nine']],
      ['boolean', ['yes']],
      ['ip', ['here']],
      ['date', ['tomorrow']],
      ['string', ['a', 'b']],
    ] as const) {
      expect(await failure(holds('StringEquals', 'x', type, [...values]))).toBe(
        `InvalidInputException 400: Invalid value for context key a:key of type ${type}.`,
      )
    }
  })

  test('weighs a resource’s policy, in and across accounts', async () => {
    const caller = 'arn:aws:iam::111111111111:user/carlos'
    const bucket = policy({ Effect: 'Allow', Principal: { AWS: caller }, Action: 's3:*', Resource: '*' })
    const ask = async (identity: string, more: object) =>
      (
        await iam.client.simulateCustomPolicy({
          PolicyInputList: [identity],
          ActionNames: ['s3:GetObject'],
          ResourceArns: ['arn:aws:s3:::bucket/key'],
          ResourcePolicy: bucket,
          CallerArn: caller,
          ...more,
        })
      ).EvaluationResults![0]!
    const within = await ask(policyOf('sqs:*'), {})
    expect(within).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'ResourcePolicy', SourcePolicyType: 'resource' }],
      EvalDecisionDetails: {},
    })
    const across = await ask(policyOf('sqs:*'), { ResourceOwner: '222222222222' })
    expect(across).toMatchObject({
      EvalDecision: 'implicitDeny',
      EvalDecisionDetails: { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' },
      ResourceSpecificResults: [
        { EvalDecisionDetails: { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' } },
      ],
    })
    const both = await ask(policyOf('s3:*'), { ResourceOwner: 'arn:aws:iam::222222222222:root' })
    expect(both.EvalDecision).toBe('allowed')
    expect(both.MatchedStatements!.map(({ SourcePolicyId }) => SourcePolicyId)).toEqual([
      'PolicyInputList.1',
      'ResourcePolicy',
    ])
    expect(await failure(ask(policyOf('s3:*'), { CallerArn: undefined }))).toBe(
      'InvalidInputException 400: CallerArn is required with ResourcePolicy.',
    )
  })

  test('shows what a boundary takes away', async () => {
    const { EvaluationResults } = await iam.client.simulateCustomPolicy({
      PolicyInputList: [policyOf(['s3:*', 'iam:*'])],
      PermissionsBoundaryPolicyInputList: [policyOf('s3:*')],
      ActionNames: ['s3:GetObject', 'iam:CreateUser'],
    })
    expect(EvaluationResults).toMatchObject([
      { EvalDecision: 'allowed', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true } },
      {
        EvalDecision: 'implicitDeny',
        PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
      },
    ])
  })

  test('gives its results in pages', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `s3:Action${index}`)
    const seen: string[] = []
    let Marker: string | undefined
    do {
      const page = await iam.client.simulateCustomPolicy({
        PolicyInputList: [policyOf('s3:*')],
        ActionNames: names,
        MaxItems: 3,
        Marker,
      })
      seen.push(...page.EvaluationResults!.map(({ EvalActionName }) => EvalActionName!))
      Marker = page.Marker
    } while (Marker)
    expect(seen).toEqual(names)
  })

  test('asks as much at a time as it can, and no more', async () => {
    const statements = (length: number) =>
      policy(...Array.from({ length }, (_, n) => ({ Effect: 'Allow', Action: `a:B${n}`, Resource: '*' })))
    const resources = (length: number) => Array.from({ length }, (_, n) => `arn:aws:s3:::${n}`)
    const ActionNames = Array.from({ length: 9 }, (_, n) => `a:B${n}`)
    const page = await iam.client.simulateCustomPolicy({
      PolicyInputList: [statements(100)],
      ActionNames,
      ResourceArns: resources(500),
    })
    expect(decisions(page.EvaluationResults)).toEqual(ActionNames.slice(0, 7).map(name => `${name} allowed`))
    expect(page.IsTruncated).toBe(true)
    const tooMuch = { PolicyInputList: [statements(1_100)], ActionNames, ResourceArns: resources(1_000) }
    expect(await failure(iam.client.simulateCustomPolicy(tooMuch))).toMatch(
      /^PolicyEvaluationException 500: There are too many resources \(1000\), or their policies /,
    )
    // One statement may take as long as a thousand.
    const values = Array.from({ length: 6_000 }, (_, n) => `*b${n}`)
    const Condition = { StringLike: { 'aws:UserAgent': values } }
    const slow = {
      PolicyInputList: [policy({ Effect: 'Allow', Action: '*', Resource: '*', Condition })],
      ActionNames,
      ResourceArns: resources(100),
      ContextEntries: [
        {
          ContextKeyName: 'aws:UserAgent',
          ContextKeyType: 'string' as const,
          ContextKeyValues: ['a'.repeat(3_000)],
        },
      ],
    }
    expect(await failure(iam.client.simulateCustomPolicy(slow))).toMatch(/^PolicyEvaluationException 500: /)
  })

  test.each([
    ['a policy that is none', { PolicyInputList: ['{}'] }, 'PolicyInputList.1: Syntax errors in policy.'],
    ['an action with a wildcard', { ActionNames: ['s3:*'] }, 'Invalid Action: s3:*'],
    ['an action without a service', { ActionNames: ['GetObject'] }, 'Invalid Action: GetObject'],
    ['a resource that is no ARN', { ResourceArns: ['bucket'] }, 'Invalid Resource ARN: bucket'],
    ['an owner that is none', { ResourceOwner: 'somebody' }, 'Invalid Resource Owner: somebody'],
    [
      'a caller that is a session',
      { CallerArn: 'arn:aws:sts::111111111111:assumed-role/role/session' },
      'Invalid Entity Arn: arn:aws:sts::111111111111:assumed-role/role/session',
    ],
    [
      'two boundaries',
      { PermissionsBoundaryPolicyInputList: [policyOf('a:b'), policyOf('a:b')] },
      'Only one permissions boundary policy can be simulated.',
    ],
  ])('refuses %s', async (_, more, message) => {
    const asked = { PolicyInputList: [policyOf('s3:*')], ActionNames: ['s3:GetObject'], ...more }
    expect(await failure(iam.client.simulateCustomPolicy(asked))).toBe(
      `InvalidInputException 400: ${message}`,
    )
  })
})

describe('SimulatePrincipalPolicy', () => {
  const arnOf = (entity: string) => `arn:aws:iam::${iam.account}:${entity}`

  beforeAll(async () => {
    const { client } = iam
    await client.createUser({ UserName: 'alejandro', Path: '/team/' })
    await client.putUserPolicy({
      UserName: 'alejandro',
      PolicyName: 'List-Repositories',
      PolicyDocument: JSON.stringify(JSON.parse(policyOf('codecommit:ListRepositories')), undefined, 4),
    })
    await client.createGroup({ GroupName: 'Readers' })
    await client.putGroupPolicy({
      GroupName: 'Readers',
      PolicyName: 'Read',
      PolicyDocument: policyOf('s3:Get*', 'arn:aws:s3:::${aws:username}/*'),
    })
    await client.addUserToGroup({ GroupName: 'Readers', UserName: 'alejandro' })
    const { Policy } = await client.createPolicy({
      PolicyName: 'NoDeletion',
      PolicyDocument: policy({ Effect: 'Deny', Action: '*:Delete*', Resource: '*' }),
    })
    await client.attachGroupPolicy({ GroupName: 'Readers', PolicyArn: Policy!.Arn! })
    await client.createRole({ RoleName: 'worker', AssumeRolePolicyDocument: TRUST })
    await client.attachRolePolicy({
      RoleName: 'worker',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole',
    })
    const boundary = await client.createPolicy({ PolicyName: 'Edge', PolicyDocument: policyOf('logs:*') })
    await client.createUser({ UserName: 'bounded', PermissionsBoundary: boundary.Policy!.Arn! })
    await client.putUserPolicy({
      UserName: 'bounded',
      PolicyName: 'All',
      PolicyDocument: policyOf('*'),
    })
  }, SETTING_UP_MS)

  const ask = async (entity: string, ActionNames: string[], more: object = {}) =>
    (await iam.client.simulatePrincipalPolicy({ PolicySourceArn: arnOf(entity), ActionNames, ...more }))
      .EvaluationResults!

  test('asks a user’s own policies', async () => {
    const [result] = await ask('user/team/alejandro', ['codecommit:ListRepositories'])
    expect(result).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [
        {
          SourcePolicyId: 'List-Repositories',
          SourcePolicyType: 'user',
          StartPosition: { Line: 4, Column: 10 },
          EndPosition: { Line: 8, Column: 10 },
        },
      ],
    })
  })

  test('asks those of its groups, with the keys that are given', async () => {
    const context = (name: string) => ({
      ResourceArns: ['arn:aws:s3:::alejandro/file'],
      ContextEntries: [
        { ContextKeyName: 'aws:username', ContextKeyValues: [name], ContextKeyType: 'string' },
      ],
    })
    const [own] = await ask('user/team/alejandro', ['s3:GetObject'], context('alejandro'))
    expect(own).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'Read', SourcePolicyType: 'group' }],
    })
    expect(decisions(await ask('user/team/alejandro', ['s3:GetObject'], context('ann')))).toEqual([
      's3:GetObject implicitDeny',
    ])
    const [deleting] = await ask('user/team/alejandro', ['s3:DeleteObject'], {
      PolicyInputList: [policyOf('s3:*')],
    })
    expect(deleting).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyId: 'NoDeletion', SourcePolicyType: 'user-managed' }],
    })
    const { ContextKeyNames } = await iam.client.getContextKeysForPrincipalPolicy({
      PolicySourceArn: arnOf('user/team/alejandro'),
      PolicyInputList: [MINUTES_AFTER],
    })
    expect(ContextKeyNames).toEqual(['aws:username', 'aws:CurrentTime'])
  })

  test('asks a group’s policies, and a role’s', async () => {
    expect(decisions(await ask('group/Readers', ['s3:DeleteObject', 's3:PutObject']))).toEqual([
      's3:DeleteObject explicitDeny',
      's3:PutObject implicitDeny',
    ])
    const [result] = await ask('role/worker', ['lambda:InvokeFunction'])
    expect(result).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyId: 'AWSLambdaRole', SourcePolicyType: 'aws-managed' }],
    })
  })

  test('asks the boundary of a user, or the one that is given instead', async () => {
    const actions = ['logs:PutLogEvents', 's3:GetObject']
    const results = await ask('user/bounded', actions)
    expect(decisions(results)).toEqual(['logs:PutLogEvents allowed', 's3:GetObject implicitDeny'])
    expect(results[1]!.PermissionsBoundaryDecisionDetail).toEqual({ AllowedByPermissionsBoundary: false })
    const instead = { PermissionsBoundaryPolicyInputList: [policyOf('s3:*')] }
    expect(decisions(await ask('user/bounded', actions, instead))).toEqual([
      'logs:PutLogEvents implicitDeny',
      's3:GetObject allowed',
    ])
  })

  test('leaves out what it is told to', async () => {
    const without = async (identifier: object, entity = 'user/bounded', action = 's3:DeleteObject') =>
      decisions(await ask(entity, [action], { PolicyExclusionList: [identifier] }))[0]!.split(' ')[1]
    expect(await without({ PolicyType: 'permission-boundary' })).toBe('allowed')
    expect(await without({ PolicyType: 'aws-managed' })).toBe('implicitDeny')
    const managed = { PolicyArn: arnOf('policy/No*') }
    expect(await without(managed, 'user/team/alejandro')).toBe('implicitDeny')
    const inline = (AttachmentName: string) => ({
      InlinePolicyIdentifier: { PolicyName: 'List-Repositories', AttachmentType: 'user', AttachmentName },
    })
    const list = 'codecommit:ListRepositories'
    expect(await without(inline('alejandro'), 'user/team/alejandro', list)).toBe('implicitDeny')
    expect(await without(inline('bounded'), 'user/team/alejandro', list)).toBe('allowed')
    expect(await failure(without({ PolicyArn: arnOf('policy/*a*') }))).toBe(
      'InvalidInputException 400: Invalid wildcards: *a*',
    )
  })

  test('has a resource’s policy name the user', async () => {
    const ResourcePolicy = policy({
      Effect: 'Allow',
      Principal: { AWS: arnOf('user/team/alejandro') },
      Action: 'sqs:*',
      Resource: '*',
    })
    const [result] = await ask('user/team/alejandro', ['sqs:SendMessage'], { ResourcePolicy })
    expect(result).toMatchObject({
      EvalDecision: 'allowed',
      MatchedStatements: [{ SourcePolicyType: 'resource' }],
    })
    const asAnother = { ResourcePolicy, CallerArn: arnOf('user/bounded') }
    expect(decisions(await ask('user/team/alejandro', ['sqs:SendMessage'], asAnother))).toEqual([
      'sqs:SendMessage implicitDeny',
    ])
  })

  test('knows nobody of another name, path or account', async () => {
    const missing = 'NoSuchEntityException 404: The user with name'
    expect(await failure(ask('user/nobody', ['a:B']))).toBe(`${missing} nobody cannot be found.`)
    expect(await failure(ask('user/alejandro', ['a:B']))).toBe(`${missing} alejandro cannot be found.`)
    const foreign = { PolicySourceArn: 'arn:aws:iam::999999999999:user/team/alejandro' }
    expect(await failure(ask('', ['a:B'], foreign))).toBe(`${missing} alejandro cannot be found.`)
    expect(await failure(ask('', ['a:B'], { PolicySourceArn: 'arn:aws:s3:::bucket/some-name' }))).toBe(
      'InvalidInputException 400: Invalid Entity Arn: arn:aws:s3:::bucket/some-name',
    )
  })
})
