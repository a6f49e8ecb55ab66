import type { IAM } from '@aws-sdk/client-iam'
import { expect, test } from 'vitest'
import { iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client, account } = await iamHarness()

const RoleName = 'worker'
const PolicyName = 'inline'
const ManagedName = 'managed'
const PolicyArn = `arn:aws:iam::${account}:policy/${ManagedName}`
const PolicyDocument = policyOf('s3:GetObject')
const UserName = 'ann'
const Tags = [{ Key: 'team', Value: 'blue' }]

/** One life of a role, a policy and a user: every operation that they need, in an order in which each succeeds. */
const LIFE: ReadonlyArray<
  readonly [operation: string, call: (iam: IAM) => Promise<unknown>, answer: object]
> = [
  [
    'CreateRole',
    iam => iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST }),
    { Role: { Arn: `arn:aws:iam::${account}:role/${RoleName}` } },
  ],
  ['GetRole', iam => iam.getRole({ RoleName }), { Role: { RoleName } }],
  ['ListRoles', iam => iam.listRoles({}), { Roles: [{ RoleName }] }],
  ['UpdateAssumeRolePolicy', iam => iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: TRUST }), {}],
  ['PutRolePolicy', iam => iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument }), {}],
  [
    'GetRolePolicy',
    iam => iam.getRolePolicy({ RoleName, PolicyName }),
    { RoleName, PolicyName, PolicyDocument: expect.stringContaining('s3%3AGetObject') },
  ],
  ['ListRolePolicies', iam => iam.listRolePolicies({ RoleName }), { PolicyNames: [PolicyName] }],
  [
    'CreatePolicy',
    iam => iam.createPolicy({ PolicyName: ManagedName, PolicyDocument }),
    { Policy: { Arn: PolicyArn, DefaultVersionId: 'v1' } },
  ],
  ['GetPolicy', iam => iam.getPolicy({ PolicyArn }), { Policy: { PolicyName: ManagedName } }],
  [
    'GetPolicyVersion',
    iam => iam.getPolicyVersion({ PolicyArn, VersionId: 'v1' }),
    { PolicyVersion: { IsDefaultVersion: true } },
  ],
  ['ListPolicies', iam => iam.listPolicies({ Scope: 'Local' }), { Policies: [{ Arn: PolicyArn }] }],
  ['ListPolicyVersions', iam => iam.listPolicyVersions({ PolicyArn }), { Versions: [{ VersionId: 'v1' }] }],
  ['AttachRolePolicy', iam => iam.attachRolePolicy({ RoleName, PolicyArn }), {}],
  [
    'ListAttachedRolePolicies',
    iam => iam.listAttachedRolePolicies({ RoleName }),
    { AttachedPolicies: [{ PolicyArn, PolicyName: ManagedName }] },
  ],
  [
    'SimulatePrincipalPolicy',
    iam =>
      iam.simulatePrincipalPolicy({
        PolicySourceArn: `arn:aws:iam::${account}:role/${RoleName}`,
        ActionNames: ['s3:GetObject', 's3:PutObject'],
      }),
    {
      EvaluationResults: [
        { EvalActionName: 's3:GetObject', EvalDecision: 'allowed' },
        { EvalActionName: 's3:PutObject', EvalDecision: 'implicitDeny' },
      ],
    },
  ],
  ['TagRole', iam => iam.tagRole({ RoleName, Tags }), {}],
  ['ListRoleTags', iam => iam.listRoleTags({ RoleName }), { Tags }],
  [
    'ListInstanceProfilesForRole',
    iam => iam.listInstanceProfilesForRole({ RoleName }),
    { InstanceProfiles: [] },
  ],
  ['DetachRolePolicy', iam => iam.detachRolePolicy({ RoleName, PolicyArn }), {}],
  ['DeletePolicy', iam => iam.deletePolicy({ PolicyArn }), {}],
  ['DeleteRolePolicy', iam => iam.deleteRolePolicy({ RoleName, PolicyName }), {}],
  ['DeleteRole', iam => iam.deleteRole({ RoleName }), {}],
  [
    'CreateUser',
    iam => iam.createUser({ UserName }),
    { User: { Arn: `arn:aws:iam::${account}:user/${UserName}` } },
  ],
  [
    'CreateAccessKey',
    iam => iam.createAccessKey({ UserName }),
    { AccessKey: { UserName, Status: 'Active', AccessKeyId: expect.stringMatching(/^AKIA/) } },
  ],
  ['GetUser', iam => iam.getUser({ UserName }), { User: { UserName } }],
]

test.each(LIFE)('%s answers', async (_operation, call, answer) => {
  expect(await call(client)).toMatchObject(answer)
})
