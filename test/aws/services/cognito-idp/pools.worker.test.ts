import { describe, expect, test } from 'vitest'
import { cognito, env, failure, newPool, ORIGIN, platform } from './cognito-harness.ts'

const sdk = cognito()
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:trigger'
const SMS = { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' }

/** A pool with these settings, as it is described. */
async function described(settings: object) {
  const { UserPoolId } = await newPool(settings)
  return (await sdk.describeUserPool({ UserPoolId })).UserPool!
}

const insert = (table: string, row: Record<string, unknown>) =>
  env.DB.prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${Object.keys(row).map(() => '?')})`)
    .bind(...Object.values(row))
    .run()

const addUser = (pool: string, username: string) =>
  insert('pool_users', {
    account: '000000000000',
    pool,
    username,
    revision: 1,
    sub: username,
    status: 'CONFIRMED',
    enabled: 1,
    doc: '{}',
  })

const addMember = (pool: string, group_name: string, username: string) =>
  insert('pool_members', { account: '000000000000', pool, group_name, username })

const refusal = (settings: object) => failure(sdk.createUserPool({ PoolName: 'refused', ...settings }))

describe('a pool', () => {
  test('has Cognito’s defaults where nothing is said', async () => {
    const pool = await described({})
    expect(pool.Id).toMatch(/^us-east-1_[0-9a-zA-Z]{9}$/)
    expect(pool.Arn).toBe(`arn:aws:cognito-idp:us-east-1:000000000000:userpool/${pool.Id}`)
    expect(pool).toMatchObject({
      DeletionProtection: 'INACTIVE',
      MfaConfiguration: 'OFF',
      EstimatedNumberOfUsers: 0,
      LambdaConfig: {},
      EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
      VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
    })
    expect(pool.Policies!.PasswordPolicy).toEqual({
      MinimumLength: 8,
      RequireUppercase: true,
      RequireLowercase: true,
      RequireNumbers: true,
      RequireSymbols: true,
      TemporaryPasswordValidityDays: 7,
    })
    expect(pool.Status).toBeUndefined()
    expect(pool.SchemaAttributes!.map(({ Name }) => Name)).toContain('phone_number_verified')
  })

  test('asks of passwords only what its policy says', async () => {
    const { Policies } = await described({ Policies: { PasswordPolicy: { MinimumLength: 6 } } })
    expect(Policies!.PasswordPolicy).toMatchObject({ MinimumLength: 6, RequireSymbols: false })
  })

  test('counts its users', async () => {
    const { UserPoolId } = await newPool()
    await addUser(UserPoolId, 'a')
    expect((await sdk.describeUserPool({ UserPoolId })).UserPool!.EstimatedNumberOfUsers).toBe(1)
  })

  test('is one the data plane knows until it is deleted', async () => {
    const { UserPoolId } = await newPool()
    const row = () =>
      env.DB.prepare("SELECT wanted, published FROM publications WHERE kind = 'identity' AND id = ?")
        .bind(`pool/${UserPoolId}`)
        .first<{ wanted: number; published: number }>()
    const created = await row()
    expect(created!.published).toBe(created!.wanted)
    await sdk.deleteUserPool({ UserPoolId })
    const deleted = await row()
    expect(deleted!.wanted).toBe(created!.wanted + 1)
    expect(deleted!.published).toBe(deleted!.wanted)
    expect(await failure(sdk.describeUserPool({ UserPoolId }))).toBe(
      `ResourceNotFoundException 400: User pool ${UserPoolId} does not exist.`,
    )
  })

  test('is found in no other region', async () => {
    const { UserPoolId } = await newPool()
    expect(await failure(cognito('eu-west-1').describeUserPool({ UserPoolId }))).toContain('does not exist')
  })

  test('takes with it all that is in it', async () => {
    const { UserPoolId, ClientId } = await newPool()
    await sdk.createGroup({ UserPoolId, GroupName: 'g' })
    await sdk.createResourceServer({ UserPoolId, Identifier: 'r', Name: 'r' })
    await addUser(UserPoolId, 'u')
    await addMember(UserPoolId, 'g', 'u')
    await sdk.deleteUserPool({ UserPoolId })
    expect(
      await platform()
        .records({ id: '000000000000', region: 'us-east-1' })
        .byId({ name: 'cognito.client' }, ClientId),
    ).toBeUndefined()
    for (const [table, column] of [
      ['resources', 'parent'],
      ['pool_members', 'pool'],
      ['pool_users', 'pool'],
    ]) {
      const left = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`)
        .bind(UserPoolId)
        .first<{ n: number }>()
      expect(left!.n).toBe(0)
    }
  })

  test('stands while it is protected, or has a domain', async () => {
    const { UserPoolId } = await newPool({ DeletionProtection: 'ACTIVE' })
    expect(await failure(sdk.deleteUserPool({ UserPoolId }))).toBe(
      'InvalidParameterException 400: The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
    )
    await sdk.updateUserPool({ UserPoolId, DeletionProtection: 'INACTIVE' })
    const Domain = `stands-${UserPoolId.slice(-9)}`
    await sdk.createUserPoolDomain({ UserPoolId, Domain })
    expect(await failure(sdk.deleteUserPool({ UserPoolId }))).toBe(
      'InvalidParameterException 400: User pool cannot be deleted. It has a domain configured that should be deleted first.',
    )
    await sdk.deleteUserPoolDomain({ UserPoolId, Domain })
    await sdk.deleteUserPool({ UserPoolId })
  })

  test('is listed, a page at a time', async () => {
    const eu = cognito('eu-north-1')
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const PoolName of names) await eu.createUserPool({ PoolName })
    const found: string[] = []
    let NextToken: string | undefined
    do {
      const page = await eu.listUserPools({ MaxResults: 2, NextToken })
      expect(page.UserPools!.length).toBeLessThanOrEqual(2)
      found.push(...page.UserPools!.map(({ Name }) => Name!))
      NextToken = page.NextToken
    } while (NextToken)
    expect(found.sort()).toEqual(names)
    expect(await failure(eu.listUserPools({ MaxResults: 2, NextToken: 'made-up' }))).toBe(
      'InvalidParameterException 400: Invalid pagination token.',
    )
  })
})

describe('settings of a pool', () => {
  test.each([
    [
      { AliasAttributes: ['email'], UsernameAttributes: ['email'] },
      'Only one of the aliasAttributes or usernameAttributes can be set in a user pool.',
    ],
    [
      { MfaConfiguration: 'ON' },
      'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
    ],
    [
      {
        Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 3 } },
        AdminCreateUserConfig: { UnusedAccountValidityDays: 4 },
      },
      'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
    ],
    [
      { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } },
      'Weir does not support threat protection (AdvancedSecurityMode ENFORCED) yet',
    ],
    [
      {
        LambdaConfig: {
          PreTokenGeneration: ARN,
          PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: `${ARN}2` },
        },
      },
      'PreTokenGeneration and PreTokenGenerationConfig must name the same function where both are set.',
    ],
    [
      {
        AccountRecoverySetting: {
          RecoveryMechanisms: [
            { Priority: 1, Name: 'admin_only' },
            { Priority: 2, Name: 'verified_email' },
          ],
        },
      },
      'Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.',
    ],
    [{ UserPoolTags: { 'aws:mine': 'x' } }, 'Tag keys that start with aws: are reserved for AWS.'],
  ])('are refused: %j', async (settings, message) => {
    expect(await refusal(settings)).toBe(`InvalidParameterException 400: ${message}`)
  })

  test('have limits, in the words of the model', async () => {
    expect(await refusal({ Policies: { PasswordPolicy: { MinimumLength: 5 } } })).toContain(
      "Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6",
    )
  })

  test('say the trigger before tokens twice', async () => {
    const { LambdaConfig } = await described({
      LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: ARN } },
    })
    expect(LambdaConfig).toEqual({
      PreTokenGeneration: ARN,
      PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn: ARN },
    })
    const older = await described({ LambdaConfig: { PreTokenGeneration: ARN } })
    expect(older.LambdaConfig!.PreTokenGenerationConfig).toEqual({ LambdaVersion: 'V1_0', LambdaArn: ARN })
  })

  test('say texts of messages in the older and the newer place', async () => {
    const pool = await described({
      EmailVerificationMessage: 'Code: {####}',
      SmsVerificationMessage: '{####}!',
    })
    expect(pool.VerificationMessageTemplate).toMatchObject({
      EmailMessage: 'Code: {####}',
      SmsMessage: '{####}!',
    })
    const other = await described({ VerificationMessageTemplate: { EmailSubject: 'Hello' } })
    expect(other.EmailVerificationSubject).toBe('Hello')
  })

  test('go back to their defaults where an update does not say them; names and the schema stay', async () => {
    const { UserPoolId } = await newPool({
      PoolName: 'kept',
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      Schema: [{ Name: 'colour', AttributeDataType: 'String' }],
      Policies: { PasswordPolicy: { MinimumLength: 20 } },
      AutoVerifiedAttributes: ['email'],
      DeletionProtection: 'ACTIVE',
      LambdaConfig: { PreSignUp: ARN },
      UserPoolTags: { team: 'a' },
    })
    await sdk.updateUserPool({ UserPoolId, AutoVerifiedAttributes: ['phone_number'] })
    const { UserPool } = await sdk.describeUserPool({ UserPoolId })
    expect(UserPool).toMatchObject({
      Name: 'kept',
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      AutoVerifiedAttributes: ['phone_number'],
      DeletionProtection: 'INACTIVE',
      LambdaConfig: {},
      UserPoolTags: { team: 'a' },
    })
    expect(UserPool!.Policies!.PasswordPolicy!.MinimumLength).toBe(8)
    expect(UserPool!.SchemaAttributes!.some(({ Name }) => Name === 'custom:colour')).toBe(true)
    await sdk.updateUserPool({ UserPoolId, PoolName: 'renamed' })
    expect((await sdk.describeUserPool({ UserPoolId })).UserPool!.Name).toBe('renamed')
  })
})

describe('attributes of a pool', () => {
  const attribute = async (Name: string, Schema: object) => {
    const pool = await described({ Schema: [Schema] })
    return pool.SchemaAttributes!.find(each => each.Name === Name)
  }

  test('are the standard ones, as the schema makes them, and custom ones', async () => {
    expect(await attribute('email', { Name: 'email', Required: true, Mutable: false })).toEqual({
      Name: 'email',
      AttributeDataType: 'String',
      DeveloperOnlyAttribute: false,
      Mutable: false,
      Required: true,
      StringAttributeConstraints: { MinLength: '0', MaxLength: '2048' },
    })
    const colour = {
      Name: 'colour',
      AttributeDataType: 'Number',
      NumberAttributeConstraints: { MaxValue: '7' },
    }
    expect(await attribute('custom:colour', colour)).toMatchObject({
      Required: false,
      Mutable: true,
      NumberAttributeConstraints: { MaxValue: '7' },
    })
    const hidden = { Name: 'secret', AttributeDataType: 'String', DeveloperOnlyAttribute: true }
    expect(await attribute('dev:custom:secret', hidden)).toMatchObject({ DeveloperOnlyAttribute: true })
  })

  test.each([
    [{ Name: 'x' }, 'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.'],
    [
      { Name: 'x', AttributeDataType: 'String', Required: true },
      'Required custom attributes are not supported currently.',
    ],
    [
      { Name: 'email', AttributeDataType: 'Number' },
      'You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email',
    ],
    [
      { Name: 'x', AttributeDataType: 'String', StringAttributeConstraints: { MaxLength: '2049' } },
      'user.custom:x: String attributes cannot have a length of more than 2048',
    ],
    [
      {
        Name: 'x',
        AttributeDataType: 'String',
        StringAttributeConstraints: { MinLength: '3', MaxLength: '2' },
      },
      'user.custom:x: Max length cannot be less than min length.',
    ],
    [
      {
        Name: 'x',
        AttributeDataType: 'Number',
        NumberAttributeConstraints: { MinValue: '3', MaxValue: '2' },
      },
      'user.custom:x: Max value cannot be less than min value.',
    ],
    [
      { Name: 'x', AttributeDataType: 'Number', NumberAttributeConstraints: { MinValue: 'a' } },
      'Invalid NumberAttributeConstraints for schema attribute custom:x',
    ],
  ])('are refused: %j', async (attribute, message) => {
    expect(await refusal({ Schema: [attribute] })).toBe(`InvalidParameterException 400: ${message}`)
  })

  test('can be added, each once, up to 50', async () => {
    const { UserPoolId } = await newPool()
    const add = (from: number, to: number) =>
      sdk.addCustomAttributes({
        UserPoolId,
        CustomAttributes: Array.from({ length: to - from }, (_, n) => ({
          Name: `a${from + n}`,
          AttributeDataType: 'String' as const,
        })),
      })
    await add(0, 25)
    expect(await failure(add(3, 4))).toBe(
      'InvalidParameterException 400: custom:a3: Existing attribute already has name custom:a3.',
    )
    await add(25, 50)
    expect(await failure(add(50, 51))).toContain('at most 50 custom attributes')
  })
})

describe('second factors', () => {
  test('are asked for where messages can be sent, whatever is verified', async () => {
    const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/messages' }
    const { UserPoolId } = await newPool({ MfaConfiguration: 'ON', SmsConfiguration })
    expect(await sdk.getUserPoolMfaConfig({ UserPoolId })).toMatchObject({
      MfaConfiguration: 'ON',
      SmsMfaConfiguration: { SmsConfiguration },
    })
  })

  test('are set, answered and kept by updates that keep them', async () => {
    const { UserPoolId } = await newPool({ AutoVerifiedAttributes: ['phone_number'] })
    const set = (config: object) => sdk.setUserPoolMfaConfig({ UserPoolId, ...config })
    expect((await sdk.getUserPoolMfaConfig({ UserPoolId })).MfaConfiguration).toBe('OFF')
    await set({ MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } })
    expect(await sdk.getUserPoolMfaConfig({ UserPoolId })).toMatchObject({
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    })
    expect((await sdk.describeUserPool({ UserPoolId })).UserPool!.MfaConfiguration).toBe('OPTIONAL')
    await sdk.updateUserPool({ UserPoolId, MfaConfiguration: 'ON' })
    const kept = await sdk.getUserPoolMfaConfig({ UserPoolId })
    expect(kept).toMatchObject({ MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } })
    expect(kept.SmsMfaConfiguration).toBeUndefined()
    await set({ MfaConfiguration: 'ON', SmsMfaConfiguration: { SmsConfiguration: SMS } })
    expect((await sdk.getUserPoolMfaConfig({ UserPoolId })).SmsMfaConfiguration).toEqual({
      SmsConfiguration: SMS,
    })
    await sdk.updateUserPool({ UserPoolId })
    const off = await sdk.getUserPoolMfaConfig({ UserPoolId })
    expect([off.MfaConfiguration, off.SmsMfaConfiguration]).toEqual(['OFF', undefined])
  })

  test('must be some where users must have one, and none where there are none', async () => {
    const { UserPoolId } = await newPool()
    expect(await failure(sdk.setUserPoolMfaConfig({ UserPoolId, MfaConfiguration: 'ON' }))).toBe(
      "InvalidParameterException 400: Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
    )
    const both = {
      UserPoolId,
      MfaConfiguration: 'OFF' as const,
      SoftwareTokenMfaConfiguration: { Enabled: true },
    }
    expect(await failure(sdk.setUserPoolMfaConfig(both))).toBe(
      "InvalidParameterException 400: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
    )
  })
})

describe('tags', () => {
  test('are put on pools and taken off again', async () => {
    const pool = await described({ UserPoolTags: { a: '1' } })
    const ResourceArn = pool.Arn!
    await sdk.tagResource({ ResourceArn, Tags: { b: '2', a: '3' } })
    expect((await sdk.listTagsForResource({ ResourceArn })).Tags).toEqual({ a: '3', b: '2' })
    await sdk.untagResource({ ResourceArn, TagKeys: ['a'] })
    expect((await sdk.describeUserPool({ UserPoolId: pool.Id! })).UserPool!.UserPoolTags).toEqual({ b: '2' })
    const elsewhere = ResourceArn.replace('us-east-1:', 'eu-west-1:')
    expect(await failure(sdk.listTagsForResource({ ResourceArn: elsewhere }))).toContain(
      'ResourceNotFoundException',
    )
  })
})

test('domains are one pool’s in all of Weir', async () => {
  const { UserPoolId } = await newPool()
  const { UserPoolId: other } = await newPool()
  const Domain = `unique-${UserPoolId.slice(-9)}`
  await sdk.createUserPoolDomain({ UserPoolId, Domain })
  expect(await failure(sdk.createUserPoolDomain({ UserPoolId: other, Domain }))).toBe(
    'InvalidParameterException 400: Domain already associated with another user pool.',
  )
  expect(await failure(sdk.createUserPoolDomain({ UserPoolId, Domain: `${Domain}-2` }))).toBe(
    'InvalidParameterException 400: User pool already has a domain configured.',
  )
  expect(await failure(sdk.createUserPoolDomain({ UserPoolId: other, Domain: 'my-aws-pool' }))).toBe(
    'InvalidParameterException 400: Domain cannot contain reserved word: aws',
  )
  expect((await sdk.describeUserPoolDomain({ Domain })).DomainDescription).toMatchObject({
    UserPoolId,
    Domain,
    AWSAccountId: '000000000000',
    Status: 'ACTIVE',
  })
  expect((await sdk.describeUserPool({ UserPoolId })).UserPool!.Domain).toBe(Domain)
  expect((await sdk.describeUserPoolDomain({ Domain: 'nobodys' })).DomainDescription).toEqual({})
  await sdk.deleteUserPoolDomain({ UserPoolId, Domain })
  await sdk.createUserPoolDomain({ UserPoolId: other, Domain })
})

test('a domain of the owner’s own has a certificate, and leads to this Weir', async () => {
  const { UserPoolId } = await newPool()
  const Domain = `auth-${UserPoolId.slice(-9)}.example.com`
  expect(await failure(sdk.createUserPoolDomain({ UserPoolId, Domain }))).toContain(
    'needs a CustomDomainConfig',
  )
  const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/1' }
  const made = await sdk.createUserPoolDomain({ UserPoolId, Domain, CustomDomainConfig })
  expect(made.CloudFrontDomain).toBe(new URL(ORIGIN).host)
  const second = { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/2' }
  await sdk.updateUserPoolDomain({ UserPoolId, Domain, CustomDomainConfig: second })
  expect((await sdk.describeUserPoolDomain({ Domain })).DomainDescription!.CustomDomainConfig).toEqual(second)
  expect((await sdk.describeUserPool({ UserPoolId })).UserPool!.CustomDomain).toBe(Domain)
})

test('resource servers are created, described, listed, changed and deleted', async () => {
  const { UserPoolId } = await newPool()
  const Scopes = [{ ScopeName: 'read', ScopeDescription: 'Read' }]
  const server = { UserPoolId, Identifier: 'https://api.example.com', Name: 'API' }
  await sdk.createResourceServer({ ...server, Scopes })
  expect(await failure(sdk.createResourceServer(server))).toBe(
    `InvalidParameterException 400: https://api.example.com already exists in user pool ${UserPoolId}.`,
  )
  const { ResourceServer } = await sdk.describeResourceServer({ UserPoolId, Identifier: server.Identifier })
  expect(ResourceServer).toEqual({ ...server, Scopes })
  await sdk.updateResourceServer({ ...server, Name: 'other' })
  const { ResourceServers } = await sdk.listResourceServers({ UserPoolId })
  expect(ResourceServers).toEqual([{ ...server, Name: 'other', Scopes: [] }])
  await sdk.deleteResourceServer({ UserPoolId, Identifier: server.Identifier })
  expect(await failure(sdk.describeResourceServer({ UserPoolId, Identifier: server.Identifier }))).toBe(
    'ResourceNotFoundException 400: Resource server https://api.example.com does not exist.',
  )
})

test('groups are created, changed and deleted, and take their memberships with them', async () => {
  const { UserPoolId } = await newPool()
  const { Group } = await sdk.createGroup({
    UserPoolId,
    GroupName: 'admins',
    Precedence: 0,
    Description: 'All',
  })
  expect(Group).toMatchObject({ GroupName: 'admins', UserPoolId, Precedence: 0 })
  expect(await failure(sdk.createGroup({ UserPoolId, GroupName: 'admins' }))).toBe(
    'GroupExistsException 400: A group with the name already exists.',
  )
  await sdk.updateGroup({ UserPoolId, GroupName: 'admins', Precedence: 4 })
  expect((await sdk.getGroup({ UserPoolId, GroupName: 'admins' })).Group).toMatchObject({
    Precedence: 4,
    Description: 'All',
  })
  await addUser(UserPoolId, 'somebody')
  await addMember(UserPoolId, 'admins', 'somebody')
  await sdk.deleteGroup({ UserPoolId, GroupName: 'admins' })
  expect(await failure(sdk.getGroup({ UserPoolId, GroupName: 'admins' }))).toBe(
    'ResourceNotFoundException 400: Group not found.',
  )
  const left = await env.DB.prepare('SELECT * FROM pool_members WHERE pool = ?').bind(UserPoolId).all()
  expect(left.results).toEqual([])
  expect((await sdk.listGroups({ UserPoolId })).Groups).toEqual([])
})

describe('changes at the same time', () => {
  test('give a domain to one of those who want it', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => newPool()))
    const Domain = `wanted-${made[0]!.UserPoolId.slice(-9)}`
    const answers = await Promise.all(
      made.map(({ UserPoolId }) => failure(sdk.createUserPoolDomain({ UserPoolId, Domain }))),
    )
    expect(answers.filter(answer => answer === 'the call succeeded')).toHaveLength(1)
    expect(new Set(answers).size).toBe(2)
    expect(answers).toContain(
      'InvalidParameterException 400: Domain already associated with another user pool.',
    )
  })

  test('of one pool are all made', async () => {
    const { Arn: ResourceArn, Id: UserPoolId } = await described({})
    await Promise.all([
      ...['a', 'b', 'c', 'd'].map(tag => sdk.tagResource({ ResourceArn, Tags: { [tag]: tag } })),
      sdk.addCustomAttributes({ UserPoolId, CustomAttributes: [{ Name: 'x', AttributeDataType: 'String' }] }),
      sdk.createUserPoolClient({ UserPoolId, ClientName: 'meanwhile' }),
    ])
    const { UserPool } = await sdk.describeUserPool({ UserPoolId })
    expect(UserPool!.UserPoolTags).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd' })
    expect(UserPool!.SchemaAttributes!.some(({ Name }) => Name === 'custom:x')).toBe(true)
  })
})
