import { expect } from 'vitest'
import {
  ACCOUNT,
  allow,
  ann,
  type Clients,
  documentOf,
  expectSoon,
  keysOf,
  nameOf,
  type Steps,
  soon,
  trust,
  type World,
} from './world.ts'

const RoleName = 'reader'
const READER = `arn:aws:iam::${ACCOUNT}:role/staff/${RoleName}`
const LISTS = `arn:aws:iam::${ACCOUNT}:policy/lists`
const LIST_FUNCTIONS = allow('lambda:ListFunctions')
const TRUST_LAMBDA = trust({ Service: 'lambda.amazonaws.com' })

const reader = ({ as, made }: World): Clients =>
  as({ accessKeyId: made.id!, secretAccessKey: made.secret!, sessionToken: made.token })

const assume = (world: World, RoleSessionName = 'ann') =>
  ann(world).sts.assumeRole({ RoleArn: READER, RoleSessionName })

/** Users, roles and policies, each seen in what somebody may do or not. */
export const iam: Steps = {
  async CreateUser({ iam }) {
    const { User } = await iam.createUser({ UserName: 'ann', Path: '/staff/' })
    expect(User).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:user/staff/ann`,
      UserId: expect.stringMatching(/^AIDA/),
    })
    expect(await nameOf(iam.createUser({ UserName: 'Ann' }))).toBe('EntityAlreadyExistsException')
  },
  async CreateAccessKey(world) {
    const { AccessKey } = await world.iam.createAccessKey({ UserName: 'ann' })
    world.made.annKey = AccessKey!.AccessKeyId!
    world.made.annSecret = AccessKey!.SecretAccessKey!
    await soon(async () => {
      const { Arn } = await ann(world).sts.getCallerIdentity({})
      expect(Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/staff/ann`)
    })
    expect(await nameOf(ann(world).lambda.listFunctions({}))).toBe('AccessDeniedException')
  },
  async GetUser(world) {
    const { User } = await world.iam.getUser({ UserName: 'ann' })
    expect(User!.UserId).toBe((await ann(world).sts.getCallerIdentity({})).UserId)
    expect(await nameOf(world.iam.getUser({ UserName: 'bob' }))).toBe('NoSuchEntityException')
  },
  async CreateRole(world) {
    const { Role } = await world.iam.createRole({
      RoleName,
      Path: '/staff/',
      AssumeRolePolicyDocument: TRUST_LAMBDA,
      MaxSessionDuration: 7200,
    })
    expect(Role).toMatchObject({ Arn: READER, RoleId: expect.stringMatching(/^AROA/) })
    expect(await nameOf(assume(world))).toBe('AccessDenied')
  },
  async GetRole({ iam }) {
    const { Role } = await iam.getRole({ RoleName })
    expect(Role).toMatchObject({ Arn: READER, MaxSessionDuration: 7200 })
    expect(documentOf(Role!.AssumeRolePolicyDocument)).toBe(TRUST_LAMBDA)
  },
  async UpdateAssumeRolePolicy(world) {
    const PolicyDocument = trust({ AWS: `arn:aws:iam::${ACCOUNT}:user/staff/ann` })
    await world.iam.updateAssumeRolePolicy({ RoleName, PolicyDocument })
    await soon(async () => {
      const { Credentials } = await assume(world)
      const keys = keysOf(Credentials)
      Object.assign(world.made, {
        id: keys.accessKeyId,
        secret: keys.secretAccessKey,
        token: keys.sessionToken,
      })
    })
    expect(await nameOf(reader(world).lambda.listFunctions({}))).toBe('AccessDeniedException')
  },
  async PutRolePolicy(world) {
    await world.iam.putRolePolicy({ RoleName, PolicyName: 'inline', PolicyDocument: LIST_FUNCTIONS })
    await expectSoon(() => reader(world).lambda.listFunctions({}), 'ok')
    expect(await nameOf(reader(world).lambda.getAccountSettings({}))).toBe('AccessDeniedException')
  },
  async GetRolePolicy({ iam }) {
    const { PolicyDocument } = await iam.getRolePolicy({ RoleName, PolicyName: 'inline' })
    expect(documentOf(PolicyDocument)).toBe(LIST_FUNCTIONS)
  },
  async ListRolePolicies({ iam }) {
    expect((await iam.listRolePolicies({ RoleName })).PolicyNames).toEqual(['inline'])
  },
  async DeleteRolePolicy(world) {
    await world.iam.deleteRolePolicy({ RoleName, PolicyName: 'inline' })
    await expectSoon(() => reader(world).lambda.listFunctions({}), 'AccessDeniedException')
  },
  async CreatePolicy({ iam }) {
    const { Policy } = await iam.createPolicy({
      PolicyName: 'lists',
      PolicyDocument: LIST_FUNCTIONS,
      Description: 'to look round',
    })
    expect(Policy).toMatchObject({ Arn: LISTS, DefaultVersionId: 'v1', AttachmentCount: 0 })
    const broken = iam.createPolicy({ PolicyName: 'broken', PolicyDocument: '{"Statement": []' })
    expect(await nameOf(broken)).toBe('MalformedPolicyDocumentException')
  },
  async AttachRolePolicy(world) {
    await world.iam.attachRolePolicy({ RoleName, PolicyArn: LISTS })
    await expectSoon(() => reader(world).lambda.listFunctions({}), 'ok')
  },
  async GetPolicy({ iam }) {
    const { Policy } = await iam.getPolicy({ PolicyArn: LISTS })
    expect(Policy).toMatchObject({ AttachmentCount: 1, Description: 'to look round', IsAttachable: true })
  },
  async GetPolicyVersion({ iam }) {
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn: LISTS, VersionId: 'v1' })
    expect(documentOf(PolicyVersion!.Document)).toBe(LIST_FUNCTIONS)
  },
  async ListPolicyVersions({ iam }) {
    const { Versions } = await iam.listPolicyVersions({ PolicyArn: LISTS })
    expect(Versions!.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion])).toEqual([
      ['v1', true],
    ])
  },
  async ListPolicies({ iam }) {
    const own = await iam.listPolicies({ Scope: 'Local', OnlyAttached: true })
    expect(own.Policies!.map(({ Arn }) => Arn)).toEqual([LISTS])
    const aws = await iam.listPolicies({ Scope: 'AWS' })
    expect(aws.Policies!.map(({ PolicyName }) => PolicyName)).toContain('AdministratorAccess')
  },
  async ListAttachedRolePolicies({ iam }) {
    const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName })
    expect(AttachedPolicies).toEqual([{ PolicyName: 'lists', PolicyArn: LISTS }])
  },
  async SimulatePrincipalPolicy({ iam }) {
    const { EvaluationResults } = await iam.simulatePrincipalPolicy({
      PolicySourceArn: READER,
      ActionNames: ['lambda:ListFunctions', 'lambda:GetAccountSettings'],
    })
    const [listed, settings] = EvaluationResults!
    expect(listed).toMatchObject({ EvalActionName: 'lambda:ListFunctions', EvalDecision: 'allowed' })
    // The whole statement, from its first character to after its last one.
    const [{ SourcePolicyId, StartPosition, EndPosition } = {}] = listed!.MatchedStatements!
    expect(SourcePolicyId).toBe('lists')
    const decided = LIST_FUNCTIONS.slice(StartPosition!.Column! - 1, EndPosition!.Column! - 1)
    expect(decided).toContain('"lambda:ListFunctions"')
    expect(settings).toMatchObject({ EvalDecision: 'implicitDeny', MatchedStatements: [] })
  },
  async DetachRolePolicy(world) {
    expect(await nameOf(world.iam.deletePolicy({ PolicyArn: LISTS }))).toBe('DeleteConflictException')
    await world.iam.detachRolePolicy({ RoleName, PolicyArn: LISTS })
    await expectSoon(() => reader(world).lambda.listFunctions({}), 'AccessDeniedException')
  },
  async DeletePolicy({ iam }) {
    await iam.deletePolicy({ PolicyArn: LISTS })
    expect(await nameOf(iam.getPolicy({ PolicyArn: LISTS }))).toBe('NoSuchEntityException')
  },
  async TagRole(world) {
    const ofTheBlue = { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }
    await world.iam.putRolePolicy({
      RoleName,
      PolicyName: 'blue',
      PolicyDocument: allow('lambda:ListFunctions', '*', ofTheBlue),
    })
    await world.iam.tagRole({ RoleName, Tags: [{ Key: 'team', Value: 'red' }] })
    expect(await nameOf(reader(world).lambda.listFunctions({}))).toBe('AccessDeniedException')
    await world.iam.tagRole({ RoleName, Tags: [{ Key: 'team', Value: 'blue' }] })
    await expectSoon(() => reader(world).lambda.listFunctions({}), 'ok')
  },
  async ListRoleTags({ iam }) {
    expect((await iam.listRoleTags({ RoleName })).Tags).toEqual([{ Key: 'team', Value: 'blue' }])
  },
  async ListRoles({ iam }) {
    await iam.createRole({ RoleName: 'elsewhere', AssumeRolePolicyDocument: TRUST_LAMBDA })
    const namesIn = async (PathPrefix?: string) =>
      (await iam.listRoles({ PathPrefix })).Roles!.map(role => role.RoleName)
    expect(await namesIn('/staff/')).toEqual([RoleName])
    expect(await namesIn()).toEqual(['elsewhere', RoleName])
  },
  async ListInstanceProfilesForRole({ iam }) {
    const namesOf = async () =>
      (await iam.listInstanceProfilesForRole({ RoleName })).InstanceProfiles!.map(
        ({ InstanceProfileName, Roles }) => [InstanceProfileName, Roles!.map(({ Arn }) => Arn)],
      )
    expect(await namesOf()).toEqual([])
    await iam.createInstanceProfile({ InstanceProfileName: 'machine' })
    await iam.addRoleToInstanceProfile({ InstanceProfileName: 'machine', RoleName })
    expect(await namesOf()).toEqual([['machine', [READER]]])
    await iam.removeRoleFromInstanceProfile({ InstanceProfileName: 'machine', RoleName })
  },
  async DeleteRole(world) {
    const { iam } = world
    expect(await nameOf(iam.deleteRole({ RoleName }))).toBe('DeleteConflictException')
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'blue' })
    await iam.putRolePolicy({ RoleName, PolicyName: 'all', PolicyDocument: allow('*') })
    await expectSoon(() => reader(world).lambda.getAccountSettings({}), 'ok')
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'all' })
    await iam.deleteRole({ RoleName })
    expect(await nameOf(iam.getRole({ RoleName }))).toBe('NoSuchEntityException')
    // A session ends with its role, even in a Weir where roles that nobody made may do everything.
    await expectSoon(() => reader(world).lambda.getAccountSettings({}), 'AccessDeniedException')
    expect(await nameOf(reader(world).lambda.listFunctions({}))).toBe('AccessDeniedException')
    await soon(async () => expect(await nameOf(assume(world))).toBe('AccessDenied'))
  },
}
