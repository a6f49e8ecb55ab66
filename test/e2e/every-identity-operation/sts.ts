import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { ACCOUNT, allow, ann, expectSoon, keysOf, nameOf, policy, type Steps, soon, trust } from './world.ts'

const DESK = `arn:aws:iam::${ACCOUNT}:role/desk`

/** Who somebody is, and who they become. */
export const sts: Steps = {
  async GetCallerIdentity(world) {
    expect(await world.sts.getCallerIdentity({})).toMatchObject({
      Account: ACCOUNT,
      Arn: `arn:aws:iam::${ACCOUNT}:root`,
      UserId: ACCOUNT,
    })
    const forged = world.as({ accessKeyId: world.made.annKey!, secretAccessKey: 'not-the-secret' })
    expect(await nameOf(forged.sts.getCallerIdentity({}))).toBe('SignatureDoesNotMatch')
  },
  async GetSessionToken(world) {
    await world.iam.putUserPolicy({
      UserName: 'ann',
      PolicyName: 'desk',
      PolicyDocument: policy({
        Action: ['lambda:ListFunctions', 'lambda:GetAccountSettings', 'iam:ListRoles'],
        Resource: '*',
      }),
    })
    await expectSoon(() => ann(world).iam.listRoles({}), 'ok')
    const { Credentials } = await ann(world).sts.getSessionToken({ DurationSeconds: 900 })
    expect(Math.round((Credentials!.Expiration!.getTime() - Date.now()) / 60_000)).toBe(15)
    const session = world.as(keysOf(Credentials))
    expect((await session.sts.getCallerIdentity({})).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/staff/ann`)
    expect(await nameOf(session.lambda.listFunctions({}))).toBe('ok')
    expect(await nameOf(session.iam.listRoles({}))).toBe('InvalidClientTokenId')
    const { sessionToken, ...bare } = keysOf(Credentials)
    expect(await nameOf(world.as(bare).sts.getCallerIdentity({}))).toBe('InvalidClientTokenId')
  },
  async AssumeRole(world) {
    await world.iam.createRole({
      RoleName: 'desk',
      AssumeRolePolicyDocument: trust(
        { AWS: `arn:aws:iam::${ACCOUNT}:user/staff/ann` },
        { Condition: { StringEquals: { 'sts:ExternalId': 'seven' } } },
      ),
    })
    await world.iam.putRolePolicy({ RoleName: 'desk', PolicyName: 'all', PolicyDocument: allow('lambda:*') })
    const assume = (more: object) =>
      ann(world).sts.assumeRole({ RoleArn: DESK, RoleSessionName: 'monday', ...more })
    await expectSoon(() => assume({ ExternalId: 'seven' }), 'ok')
    expect(await nameOf(assume({}))).toBe('AccessDenied')
    const { Credentials, AssumedRoleUser } = await assume({
      ExternalId: 'seven',
      DurationSeconds: 900,
      Policy: allow('lambda:ListFunctions'),
    })
    expect(AssumedRoleUser!.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/desk/monday`)
    const session = world.as(keysOf(Credentials))
    expect((await session.sts.getCallerIdentity({})).Arn).toBe(AssumedRoleUser!.Arn)
    // Both the role's policies and the session's count.
    expect(await nameOf(session.lambda.listFunctions({}))).toBe('ok')
    expect(await nameOf(session.lambda.getAccountSettings({}))).toBe('AccessDeniedException')
  },
  async AssumeRoleWithWebIdentity(world) {
    const { weir, cognito, made } = world
    const issuer = `${weir.url}/${made.pool}`.replace('http://', '')
    await world.iam.createRole({
      RoleName: 'customer',
      AssumeRolePolicyDocument: policy({
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuer}:aud`]: made.client } },
      }),
    })
    await world.iam.putRolePolicy({
      RoleName: 'customer',
      PolicyName: 'lists',
      PolicyDocument: allow('lambda:ListFunctions'),
    })
    await cognito.setUserPoolMfaConfig({ UserPoolId: made.pool, MfaConfiguration: 'OFF' })
    const signIn = async (ClientId: string | undefined) =>
      (
        await cognito.initiateAuth({
          ClientId,
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: 'cid', PASSWORD: 'Correct-Horse-9' },
        })
      ).AuthenticationResult!.IdToken!
    const assume = (WebIdentityToken: string) =>
      world.sts.assumeRoleWithWebIdentity({
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/customer`,
        RoleSessionName: 'cid',
        WebIdentityToken,
      })
    const token = await signIn(made.client)
    let given: Awaited<ReturnType<typeof assume>> | undefined
    await soon(async () => {
      given = await assume(token)
    })
    expect(given).toMatchObject({
      Audience: made.client,
      SubjectFromWebIdentityToken: decodeJwt(token).sub,
      AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/customer/cid` },
    })
    const session = world.as(keysOf(given!.Credentials))
    expect(await nameOf(session.lambda.listFunctions({}))).toBe('ok')
    expect(await nameOf(session.lambda.getAccountSettings({}))).toBe('AccessDeniedException')
    const { UserPoolClient } = await cognito.createUserPoolClient({
      UserPoolId: made.pool,
      ClientName: 'another',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    })
    let other = ''
    await soon(async () => {
      other = await signIn(UserPoolClient!.ClientId)
    })
    expect(await nameOf(assume(other))).toBe('AccessDenied')
  },
}
