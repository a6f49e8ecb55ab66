import { describe, expect, test } from 'vitest'
import { failure, newPool } from './cognito-harness.ts'

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
      'ResourceNotFoundException 404: User pool us-east-1_nonesuch does not exist.',
    )
    expect(await failure(cognito.describeUserPoolClient({ UserPoolId, ClientId: 'absent' }))).toBe(
      'ResourceNotFoundException 404: User pool client absent does not exist.',
    )
  })
})
