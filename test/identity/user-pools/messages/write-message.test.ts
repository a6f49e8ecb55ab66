import { describe, expect, it, vi } from 'vitest'
import type { Env } from '../../../../src/env.ts'
import type { FoundPool } from '../../../../src/identity/user-pools/find-pool.ts'
import { messengerOf, type OutgoingMessage } from '../../../../src/identity/user-pools/messages/messenger.ts'
import {
  type MessageAsked,
  masked,
  writeMessage,
} from '../../../../src/identity/user-pools/messages/write-message.ts'
import type { PoolSettings } from '../../../../src/identity/user-pools/pool-records.ts'

const poolWith = (settings: PoolSettings = {}): FoundPool => ({
  account: { id: '000000000000', region: 'eu-central-1' },
  pool: {
    parent: '',
    id: 'eu-central-1_abcdefghi',
    revision: 1,
    alias: undefined,
    doc: { name: 'pool', created: 0, modified: 0, settings, schema: [], tags: {}, issuer: '', keys: [] },
  },
})

const noFunction = async (): Promise<never> => {
  throw new Error('called')
}

const asked = (more: Partial<MessageAsked> = {}): MessageAsked => ({
  kind: 'sign-up',
  medium: 'EMAIL',
  username: 'ann',
  secret: '123456',
  user: {
    username: 'ann',
    attributes: { sub: '1' },
    status: 'UNCONFIRMED',
    enabled: true,
    created: 0,
    modified: 0,
  },
  ...more,
})

describe('what a pool writes', () => {
  it.each([
    ['sign-up', 'EMAIL', 'Your verification code', 'Your verification code is 123456.'],
    ['resend', 'SMS', '', 'Your verification code is 123456.'],
    ['reset', 'EMAIL', 'Your password reset code', 'Your password reset code is 123456.'],
    ['authentication', 'SMS', 'Your authentication code', 'Your authentication code is 123456.'],
    [
      'invitation',
      'SMS',
      'Your temporary password',
      'Your username is ann and temporary password is 123456.',
    ],
  ] as const)('for a %s by %s, unless it says otherwise', async (kind, medium, subject, body) => {
    expect(await writeMessage(noFunction, poolWith(), asked({ kind, medium }))).toEqual({ subject, body })
  })

  it('fills in names as they are, and nothing that stands in them', async () => {
    const template = {
      AdminCreateUserConfig: {
        InviteMessageTemplate: { SMSMessage: '{username}: {####}', EmailMessage: '{username}' },
      },
    }
    const named = { kind: 'invitation', username: '{####}<$&>' } as const
    const sms = await writeMessage(noFunction, poolWith(template), asked({ ...named, medium: 'SMS' }))
    expect(sms.body).toBe('{####}<$&>: 123456')
    const mail = await writeMessage(noFunction, poolWith(template), asked(named))
    expect(mail.body).toBe('{####}&lt;$&amp;&gt;')
  })

  it('shows addresses to nobody who does not know them', () => {
    expect(masked('ann@example.com')).toBe('a***@e***')
    expect(masked('+15551234567')).toBe('+*******4567')
  })
})

describe('sending', () => {
  const message: OutgoingMessage = {
    kind: 'sign-up',
    medium: 'EMAIL',
    to: 'ann@example.com',
    username: 'ann',
    subject: 'Your verification code',
    body: 'Your verification code is 123456.',
    secret: '123456',
  }
  /** A deployed Weir: it has no outbox, and nothing to print to. */
  const deployed = (env: Partial<Env> = {}) =>
    messengerOf(
      env as Env,
      () => {
        throw new Error('printed')
      },
      () => 0,
    )

  it('is refused by a deployed Weir that has no binding, or no sender', async () => {
    const EMAIL = { send: vi.fn() } as unknown as SendEmail
    for (const messenger of [
      deployed(),
      deployed({ EMAIL }),
      deployed({ WEIR_EMAIL_FROM: 'weir@example.com' }),
    ]) {
      expect(messenger.canSend(poolWith(), 'EMAIL')).toBe(false)
      await expect(messenger.send(poolWith(), message)).rejects.toMatchObject({
        code: 'CodeDeliveryFailureException',
      })
    }
    expect(EMAIL.send).not.toHaveBeenCalled()
    const all = deployed({ EMAIL, WEIR_EMAIL_FROM: 'weir@example.com' })
    expect(all.canSend(poolWith(), 'SMS')).toBe(false)
    await expect(all.send(poolWith(), { ...message, medium: 'SMS' })).rejects.toMatchObject({
      code: 'CodeDeliveryFailureException',
    })
  })

  it('goes through the binding, from whom the pool says or else the operator', async () => {
    const sent: unknown[] = []
    const EMAIL = { send: async (mail: unknown) => sent.push(mail) } as unknown as SendEmail
    const messenger = deployed({ EMAIL, WEIR_EMAIL_FROM: 'weir@example.com' })
    expect(messenger.canSend(poolWith(), 'EMAIL')).toBe(true)
    await messenger.send(poolWith(), message)
    const EmailConfiguration = { From: 'My App <app@example.com>', ReplyToEmailAddress: 'help@example.com' }
    await messenger.send(poolWith({ EmailConfiguration }), message)
    const mail = { to: 'ann@example.com', subject: 'Your verification code', html: message.body }
    expect(sent).toEqual([
      { ...mail, from: 'weir@example.com' },
      { ...mail, from: { name: 'My App', email: 'app@example.com' }, replyTo: 'help@example.com' },
    ])
  })

  it('fails in words that tell nothing of what failed', async () => {
    const EMAIL = {
      send: async () => {
        throw new Error('upstream said 123456')
      },
    } as unknown as SendEmail
    const messenger = deployed({ EMAIL, WEIR_EMAIL_FROM: 'weir@example.com' })
    await expect(messenger.send(poolWith(), message)).rejects.toMatchObject({
      code: 'CodeDeliveryFailureException',
      message: 'The e-mail could not be handed over.',
    })
  })
})
