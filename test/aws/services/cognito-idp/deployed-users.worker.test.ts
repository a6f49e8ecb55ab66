import { describe, expect, test } from 'vitest'
import type { Env } from '../../../../src/env.ts'
import { anonymous, env, newPool } from './cognito-harness.ts'
import { newAddress } from './outbox.ts'
import { refusal, signUpWith } from './signed-in.ts'

const signUp = (user: ReturnType<typeof anonymous>, ClientId: string, email: string) =>
  user.signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })

const messagesKept = async () =>
  (await env.DB.prepare('SELECT count(*) AS n FROM outbox').first<{ n: number }>())!.n

describe('a deployed Weir', () => {
  // The key of development: its pools are made by a Weir in development.
  const WEIR_ENCRYPTION_KEY = btoa('weir-local-development-key-32b!!')
  const deployed: Env = { ...env, WEIR_LOCAL: undefined, WEIR_ENCRYPTION_KEY }

  test('signs nobody up to whom it cannot write', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    expect(await refusal(signUp(anonymous(deployed), ClientId, newAddress()))).toBe(
      'CodeDeliveryFailureException: This Weir sends no e-mail: it has no binding EMAIL, or no sender is set.',
    )
    expect((await cognito.listUsers({ UserPoolId })).Users).toEqual([])
    expect(await refusal(anonymous(deployed).forgotPassword({ ClientId, Username: 'ann' }))).toMatch(
      /^CodeDeliveryFailureException/,
    )
  })

  test('writes by its binding, and keeps no copy', async () => {
    const sent: { to: string; html: string }[] = []
    const EMAIL = { send: async (mail: (typeof sent)[number]) => sent.push(mail) } as unknown as SendEmail
    const bound: Env = { ...deployed, EMAIL, WEIR_EMAIL_FROM: 'weir@example.com' }
    const { cognito, UserPoolId, ClientId } = await newPool(
      { AutoVerifiedAttributes: ['email'] },
      { PreventUserExistenceErrors: 'ENABLED' },
    )
    const before = await messagesKept()
    const user = anonymous(bound)
    const email = newAddress()
    await signUp(user, ClientId, email)
    expect(sent).toMatchObject([{ from: 'weir@example.com', to: email }])
    const [, ConfirmationCode = ''] = /(\d{6})/.exec(sent[0]!.html) ?? []
    await user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode })
    await user.forgotPassword({ ClientId, Username: 'ann' })
    await user.forgotPassword({ ClientId, Username: 'eve' })
    expect(sent).toHaveLength(2)
    expect(await messagesKept()).toBe(before)
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'ann' })).UserStatus).toBe('CONFIRMED')
  })
})
