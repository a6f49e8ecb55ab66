/** What has to be there of each service of identity. */
export const OPERATIONS = {
  iam: `CreateRole GetRole DeleteRole ListRoles UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy
    ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies CreatePolicy GetPolicy GetPolicyVersion
    DeletePolicy ListPolicies ListPolicyVersions ListInstanceProfilesForRole CreateUser CreateAccessKey GetUser TagRole
    ListRoleTags SimulatePrincipalPolicy`,
  sts: 'GetCallerIdentity AssumeRole AssumeRoleWithWebIdentity GetSessionToken',
  'cognito-idp': `CreateUserPool DescribeUserPool ListUserPools UpdateUserPool DeleteUserPool CreateUserPoolClient
    DescribeUserPoolClient ListUserPoolClients UpdateUserPoolClient DeleteUserPoolClient CreateUserPoolDomain
    DescribeUserPoolDomain SignUp ConfirmSignUp ResendConfirmationCode InitiateAuth RespondToAuthChallenge
    AdminInitiateAuth AdminRespondToAuthChallenge AdminCreateUser AdminSetUserPassword AdminConfirmSignUp AdminGetUser
    AdminDeleteUser AdminUpdateUserAttributes AdminAddUserToGroup AdminRemoveUserFromGroup AdminListGroupsForUser
    ListUsers CreateGroup GetGroup ListGroups DeleteGroup GetUser UpdateUserAttributes ChangePassword ForgotPassword
    ConfirmForgotPassword GlobalSignOut RevokeToken AdminUserGlobalSignOut SetUserPoolMfaConfig
    AssociateSoftwareToken VerifySoftwareToken CreateResourceServer DescribeResourceServer GetUserPoolMfaConfig`,
  kms: 'CreateKey DescribeKey Encrypt Decrypt GenerateDataKey',
} as const

/** `iam:CreateRole` and so on. */
export const EVERY_OPERATION: readonly string[] = Object.entries(OPERATIONS).flatMap(([service, names]) =>
  names.split(/\s+/).map(name => `${service}:${name}`),
)
