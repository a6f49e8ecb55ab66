import { describe, expect, test } from 'vitest'
import { failure, newPool } from './cognito-harness.ts'
import { secretHashOf } from './secret-hash.ts'

describe('a client', () => {
  test('is public unless it asks for a secret', async () => {
    const { cognito, UserPoolId, ClientId, ClientSecret } = await newPool()
    expect(ClientSecret).toBeUndefined()
    expect(ClientId).toMatch(/^[a-z0-9]{26}$/)
    const { UserPoolClient } = await cognito.describeUserPoolClient({ UserPoolId, ClientId })
    expect(UserPoolClient).toMatchObject({
      ClientName: 'app',
      EnableTokenRevocation: true,
      RefreshTokenValidity: 30,
    })
  })

  test('has a secret that the owner can read again', async () => {
    const { cognito, UserPoolId, ClientId, ClientSecret } = await newPool({}, { GenerateSecret: true })
    expect(ClientSecret).toMatch(/^[a-z0-9]{51}$/)
    const { UserPoolClient } = await cognito.describeUserPoolClient({ UserPoolId, ClientId })
    expect(UserPoolClient!.ClientSecret).toBe(ClientSecret)
  })

  test('belongs to a pool that there is', async () => {
    const { cognito, UserPoolId } = await newPool()
    const none = { UserPoolId: 'us-east-1_nonesuch', ClientName: 'app' }
    expect(await failure(cognito.createUserPoolClient(none))).toBe(
      'ResourceNotFoundException 400: User pool us-east-1_nonesuch does not exist.',
    )
    expect(await failure(cognito.describeUserPoolClient({ UserPoolId, ClientId: 'absent' }))).toBe(
      'ResourceNotFoundException 400: User pool client absent does not exist.',
    )
  })
})

describe('settings of a client', () => {
  const refusal = async (settings: object, more: object = {}) => {
    const { cognito, UserPoolId } = await newPool()
    await cognito.createResourceServer({
      UserPoolId,
      Identifier: 'api',
      Name: 'api',
      Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read' }],
    })
    return failure(cognito.createUserPoolClient({ UserPoolId, ClientName: 'refused', ...settings, ...more }))
  }
  const OAUTH = { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: ['client_credentials'] }

  test.each([
    [{ AccessTokenValidity: 25 }, 'InvalidParameterException 400: Invalid range for token validity.'],
    [
      { AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: 'minutes' } },
      'InvalidParameterException 400: Invalid range for token validity.',
    ],
    [{ RefreshTokenValidity: 3651 }, 'InvalidParameterException 400: Invalid range for token validity.'],
    [
      { RefreshTokenValidity: 1, AccessTokenValidity: 2, TokenValidityUnits: { RefreshToken: 'hours' } },
      'InvalidParameterException 400: Access and ID tokens cannot be valid for longer than refresh tokens.',
    ],
    [
      { ReadAttributes: ['custom:absent'] },
      'InvalidParameterException 400: Invalid read attributes specified while creating a client',
    ],
    [
      { WriteAttributes: ['email_verified'] },
      'InvalidParameterException 400: Invalid write attributes specified while creating a client',
    ],
    [
      { CallbackURLs: ['http://example.com/in'] },
      'InvalidParameterException 400: http://example.com/in cannot use the HTTP protocol.',
    ],
    [{ CallbackURLs: ['/in'] }, 'InvalidParameterException 400: /in is not an absolute URI.'],
    [
      { CallbackURLs: ['https://example.com/#in'] },
      'InvalidParameterException 400: https://example.com/#in cannot have a fragment.',
    ],
    [
      { CallbackURLs: ['myapp://in'], DefaultRedirectURI: 'https://example.com' },
      'InvalidParameterException 400: Default redirect URI must be in the list of callback URLs.',
    ],
    [
      { AllowedOAuthFlowsUserPoolClient: true },
      'InvalidOAuthFlowException 400: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    ],
    [
      { ...OAUTH, AllowedOAuthScopes: ['api/read'] },
      'InvalidOAuthFlowException 400: client_credentials flow can not be selected if client does not have a client secret.',
    ],
    [
      { ...OAUTH, AllowedOAuthFlows: ['code', 'client_credentials'], AllowedOAuthScopes: ['api/read'] },
      'InvalidOAuthFlowException 400: client_credentials flow can not be selected along with code flow or implicit flow.',
    ],
    [
      { ...OAUTH, AllowedOAuthScopes: ['api/write'], GenerateSecret: true },
      'ScopeDoesNotExistException 400: Invalid scope requested: api/write',
    ],
    [
      { GenerateSecret: true, ClientSecret: 'a'.repeat(30) },
      'InvalidParameterException 400: GenerateSecret and ClientSecret cannot be specified together.',
    ],
    [
      { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], RefreshTokenRotation: { Feature: 'ENABLED' } },
      'InvalidParameterException 400: ALLOW_REFRESH_TOKEN_AUTH cannot be enabled while refresh token rotation is enabled.',
    ],
  ])('are refused: %j', async (settings, answer) => {
    expect(await refusal(settings)).toBe(answer)
  })

  test('name flows by older or by newer names', async () => {
    expect(await refusal({ ExplicitAuthFlows: ['USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH'] })).toContain(
      'ExplicitAuthFlows cannot have both',
    )
    expect(await refusal({ SupportedIdentityProviders: ['Google'] })).toMatch(
      /The provider Google does not exist for User Pool us-east-1_\w+$/,
    )
  })

  test('go back to their defaults where an update does not say them', async () => {
    const { cognito, UserPoolId, ClientId, ClientSecret } = await newPool(
      {},
      {
        GenerateSecret: true,
        RefreshTokenValidity: 5,
        ReadAttributes: ['email'],
        EnableTokenRevocation: false,
      },
    )
    const { UserPoolClient } = await cognito.updateUserPoolClient({
      UserPoolId,
      ClientId,
      CallbackURLs: ['myapp://in', 'http://localhost:3000/in'],
    })
    expect(UserPoolClient).toMatchObject({
      ClientName: 'app',
      ClientSecret,
      RefreshTokenValidity: 30,
      EnableTokenRevocation: true,
      CallbackURLs: ['myapp://in', 'http://localhost:3000/in'],
    })
    expect(UserPoolClient!.ReadAttributes).toBeUndefined()
  })
})

test('clients are listed and deleted', async () => {
  const { cognito, UserPoolId, ClientId } = await newPool()
  await cognito.createUserPoolClient({ UserPoolId, ClientName: 'second', ClientSecret: 'a'.repeat(24) })
  const first = await cognito.listUserPoolClients({ UserPoolId, MaxResults: 1 })
  const rest = await cognito.listUserPoolClients({ UserPoolId, NextToken: first.NextToken })
  const names = [...first.UserPoolClients!, ...rest.UserPoolClients!].map(({ ClientName }) => ClientName)
  expect(names.sort()).toEqual(['app', 'second'])
  await cognito.deleteUserPoolClient({ UserPoolId, ClientId })
  expect(await failure(cognito.deleteUserPoolClient({ UserPoolId, ClientId }))).toBe(
    `ResourceNotFoundException 400: User pool client ${ClientId} does not exist.`,
  )
})

test('a second secret counts beside the first, until one of them is deleted', async () => {
  const { cognito, UserPoolId, ClientId, ClientSecret } = await newPool({}, { GenerateSecret: true })
  const client = { UserPoolId, ClientId }
  const ids = async () =>
    (await cognito.listUserPoolClientSecrets(client)).ClientSecrets!.map(
      ({ ClientSecretId }) => ClientSecretId!,
    )
  /** Whether a user who is not there is refused for being that, and not for the hash. */
  const counts = async (secret: string) => {
    const SECRET_HASH = secretHashOf(secret, 'nobody', ClientId)
    const AuthParameters = { USERNAME: 'nobody', SRP_A: 'a'.repeat(768), SECRET_HASH }
    const answer = await failure(
      cognito.initiateAuth({ ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
    )
    return !answer.includes('secret hash')
  }
  const [first] = await ids()
  expect(first).toMatch(new RegExp(`^${ClientId}--\\d+$`))
  const { ClientSecretDescriptor } = await cognito.addUserPoolClientSecret(client)
  const second = ClientSecretDescriptor!
  expect(await ids()).toEqual([first, second.ClientSecretId])
  expect(await failure(cognito.addUserPoolClientSecret(client))).toContain('LimitExceededException')
  expect([await counts(ClientSecret!), await counts(second.ClientSecretValue!), await counts('x')]).toEqual([
    true,
    true,
    false,
  ])
  await cognito.deleteUserPoolClientSecret({ ...client, ClientSecretId: first! })
  expect([await counts(ClientSecret!), await counts(second.ClientSecretValue!)]).toEqual([false, true])
  expect((await cognito.describeUserPoolClient(client)).UserPoolClient!.ClientSecret).toBe(
    second.ClientSecretValue,
  )
  expect(await failure(cognito.deleteUserPoolClientSecret({ ...client, ClientSecretId: first! }))).toContain(
    'ResourceNotFoundException',
  )
  expect(
    await failure(cognito.deleteUserPoolClientSecret({ ...client, ClientSecretId: second.ClientSecretId! })),
  ).toBe('InvalidParameterException 400: The last secret of an app client cannot be deleted.')
  const own = await cognito.addUserPoolClientSecret({ ...client, ClientSecret: 'b'.repeat(24) })
  expect(own.ClientSecretDescriptor!.ClientSecretValue).toBeUndefined()
  expect(await counts('b'.repeat(24))).toBe(true)
})
