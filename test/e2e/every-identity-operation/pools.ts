import { expect } from 'vitest'
import { ACCOUNT, nameOf, type Steps, soon } from './world.ts'

const PoolName = 'shop'

/** Pools, their clients and what programs get tokens by; users come after. */
export const pools: Steps = {
  async CreateUserPool({ weir, cognito, made }) {
    const { UserPool } = await cognito.createUserPool({
      PoolName,
      AutoVerifiedAttributes: ['email'],
      AliasAttributes: ['email'],
      Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }],
    })
    made.pool = UserPool!.Id!
    expect(UserPool!.Arn).toBe(`arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${made.pool}`)
    const discovered = await fetch(`${weir.url}/${made.pool}/.well-known/openid-configuration`)
    expect(await discovered.json()).toMatchObject({ issuer: `${weir.url}/${made.pool}` })
  },
  async DescribeUserPool({ cognito, made }) {
    const { UserPool } = await cognito.describeUserPool({ UserPoolId: made.pool })
    expect(UserPool).toMatchObject({ Name: PoolName, AliasAttributes: ['email'], MfaConfiguration: 'OFF' })
    expect(UserPool!.SchemaAttributes!.map(({ Name }) => Name)).toContain('custom:plan')
    expect(UserPool!.Policies!.PasswordPolicy!.MinimumLength).toBe(8)
  },
  async ListUserPools({ cognito, made }) {
    await cognito.createUserPool({ PoolName: 'other' })
    const first = await cognito.listUserPools({ MaxResults: 1 })
    const second = await cognito.listUserPools({ MaxResults: 1, NextToken: first.NextToken })
    const found = [...first.UserPools!, ...second.UserPools!]
    expect(found.map(({ Name }) => Name).sort()).toEqual(['other', PoolName])
    made.otherPool = found.find(({ Name }) => Name === 'other')!.Id!
  },
  async UpdateUserPool({ cognito, made }) {
    await cognito.updateUserPool({
      UserPoolId: made.pool,
      AutoVerifiedAttributes: ['email'],
      Policies: { PasswordPolicy: { MinimumLength: 12 } },
    })
    const { UserPool } = await cognito.describeUserPool({ UserPoolId: made.pool })
    // What is not said goes back to what it is by itself.
    expect(UserPool!.Policies!.PasswordPolicy).toMatchObject({ MinimumLength: 12, RequireSymbols: false })
  },
  async CreateUserPoolClient({ cognito, made }) {
    const { UserPoolClient } = await cognito.createUserPoolClient({
      UserPoolId: made.pool,
      ClientName: 'web',
    })
    made.client = UserPoolClient!.ClientId!
    expect(UserPoolClient!.ClientSecret).toBeUndefined()
    const signIn = {
      ClientId: made.client,
      AuthParameters: { USERNAME: 'nobody', PASSWORD: 'no-password-at-all' },
    }
    // By itself a client takes no passwords.
    expect(await nameOf(cognito.initiateAuth({ ...signIn, AuthFlow: 'USER_PASSWORD_AUTH' }))).toBe(
      'InvalidParameterException',
    )
  },
  async UpdateUserPoolClient({ cognito, made }) {
    await cognito.updateUserPoolClient({
      UserPoolId: made.pool,
      ClientId: made.client,
      ClientName: 'pages',
      ExplicitAuthFlows: [
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
      ],
    })
    const signIn = {
      ClientId: made.client,
      AuthParameters: { USERNAME: 'nobody', PASSWORD: 'no-password-at-all' },
    }
    await soon(async () =>
      expect(await nameOf(cognito.initiateAuth({ ...signIn, AuthFlow: 'USER_PASSWORD_AUTH' }))).toBe(
        'UserNotFoundException',
      ),
    )
  },
  async DescribeUserPoolClient({ cognito, made }) {
    const ids = { UserPoolId: made.pool, ClientId: made.client }
    const { UserPoolClient } = await cognito.describeUserPoolClient(ids)
    expect(UserPoolClient).toMatchObject({ ...ids, ClientName: 'pages', RefreshTokenValidity: 30 })
  },
  async CreateResourceServer({ cognito, made }) {
    const client = {
      UserPoolId: made.pool,
      ClientName: 'report',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials' as const],
      AllowedOAuthScopes: ['orders/read'],
    }
    expect(await nameOf(cognito.createUserPoolClient(client))).toBe('ScopeDoesNotExistException')
    await cognito.createResourceServer({
      UserPoolId: made.pool,
      Identifier: 'orders',
      Name: 'Orders',
      Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read orders' }],
    })
    const { UserPoolClient } = await cognito.createUserPoolClient(client)
    made.program = UserPoolClient!.ClientId!
    made.programSecret = UserPoolClient!.ClientSecret!
  },
  async DescribeResourceServer({ cognito, made }) {
    const { ResourceServer } = await cognito.describeResourceServer({
      UserPoolId: made.pool,
      Identifier: 'orders',
    })
    expect(ResourceServer!.Scopes).toEqual([{ ScopeName: 'read', ScopeDescription: 'Read orders' }])
  },
  async ListUserPoolClients({ cognito, made }) {
    const { UserPoolClients } = await cognito.listUserPoolClients({ UserPoolId: made.pool, MaxResults: 60 })
    const names = Object.fromEntries(
      UserPoolClients!.map(({ ClientName, ClientId }) => [ClientName, ClientId]),
    )
    expect(names).toEqual({ pages: made.client, report: made.program })
  },
  async CreateUserPoolDomain({ weir, cognito, made }) {
    await cognito.createUserPoolDomain({ UserPoolId: made.pool, Domain: 'shop' })
    const taken = cognito.createUserPoolDomain({ UserPoolId: made.otherPool, Domain: 'shop' })
    expect(await nameOf(taken)).toBe('InvalidParameterException')
    const basic = Buffer.from(`${made.program}:${made.programSecret}`).toString('base64')
    await soon(async () => {
      const answer = await fetch(`${weir.url}/_aws/user-pool-domain/shop/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders/read' }),
      })
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
    })
  },
  async DescribeUserPoolDomain({ cognito, made }) {
    const { DomainDescription } = await cognito.describeUserPoolDomain({ Domain: 'shop' })
    expect(DomainDescription).toMatchObject({ UserPoolId: made.pool, Status: 'ACTIVE' })
    expect((await cognito.describeUserPoolDomain({ Domain: 'free' })).DomainDescription).toEqual({})
  },
}

/** The same, taken away: what users had goes with it. */
export const poolsEnd: Steps = {
  async DeleteUserPoolClient({ weir, cognito, made }) {
    const ids = { UserPoolId: made.pool, ClientId: made.program }
    await cognito.deleteUserPoolClient(ids)
    expect(await nameOf(cognito.describeUserPoolClient(ids))).toBe('ResourceNotFoundException')
    const basic = Buffer.from(`${made.program}:${made.programSecret}`).toString('base64')
    await soon(async () => {
      const answer = await fetch(`${weir.url}/_aws/user-pool-domain/shop/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      expect(await answer.json()).toEqual({ error: 'invalid_client' })
    })
  },
  async DeleteUserPool({ weir, cognito, made }) {
    const pool = { UserPoolId: made.pool }
    expect(await nameOf(cognito.deleteUserPool(pool))).toBe('InvalidParameterException')
    await cognito.deleteUserPoolDomain({ ...pool, Domain: 'shop' })
    await cognito.deleteUserPool(pool)
    expect(await nameOf(cognito.describeUserPool(pool))).toBe('ResourceNotFoundException')
    await soon(async () => {
      const keys = await fetch(`${weir.url}/${made.pool}/.well-known/jwks.json`)
      expect(keys.status).toBe(404)
    })
  },
}
