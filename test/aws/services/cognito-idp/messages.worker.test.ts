import { beforeEach, describe, expect, test } from 'vitest'
import { anonymous, env, newPool, ORIGIN, send } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { refusal, signUpWith } from './signed-in.ts'

describe("a pool's messages", () => {
  /** A pool whose owner wants users to follow links. */
  const poolWithLinks = () =>
    newPool({
      AutoVerifiedAttributes: ['email'],
      VerificationMessageTemplate: {
        DefaultEmailOption: 'CONFIRM_WITH_LINK',
        EmailSubjectByLink: 'One click',
        EmailMessageByLink: 'Please {##confirm here##}.',
      },
    })

  async function linkIn(email: string): Promise<URL> {
    const [message] = await messagesTo(email)
    expect(message!.subject).toBe('One click')
    const [, link = ''] = /^Please <a href="([^"]+)">confirm here<\/a>\.$/.exec(message!.body) ?? []
    return new URL(link.replaceAll('&amp;', '&'))
  }

  test('are what its templates say', async () => {
    const { ClientId } = await newPool({
      AutoVerifiedAttributes: ['email'],
      VerificationMessageTemplate: { EmailSubject: 'Code', EmailMessage: 'Use {####}, {####}!' },
    })
    const email = newAddress()
    await anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    const code = await codeTo(email)
    expect(await messagesTo(email)).toMatchObject([{ subject: 'Code', body: `Use ${code}, ${code}!` }])
  })

  test('confirm a sign-up by a click', async () => {
    const { cognito, UserPoolId, ClientId } = await poolWithLinks()
    const email = newAddress()
    await anonymous().signUp({ ClientId, Username: 'ann&bob', ...signUpWith({ email }) })
    const link = await linkIn(email)
    expect(link.pathname).toBe(`/${UserPoolId}/confirmUser`)

    const forged = new URL(link)
    forged.searchParams.set('confirmation_code', await otherThan(email))
    const refused = await send(forged.href)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toBe('Invalid verification code provided, please try again.')
    const other = await poolWithLinks()
    const elsewhere = new URL(link)
    elsewhere.pathname = `/${other.UserPoolId}/confirmUser`
    expect((await send(elsewhere.href)).status).toBe(400)
    expect((await send(`${ORIGIN}/${UserPoolId}/confirmUser`)).status).toBe(400)

    const confirmed = await send(link.href)
    expect(confirmed.status).toBe(200)
    expect(confirmed.headers.get('referrer-policy')).toBe('no-referrer')
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'ann&bob' })).UserStatus).toBe('CONFIRMED')
  })

  const otherThan = async (email: string) => ((await codeTo(email)) === '000000' ? '000001' : '000000')
})

describe('the outbox of a Weir in development', () => {
  let email = ''
  beforeEach(async () => {
    const { cognito, UserPoolId } = await newPool()
    email = newAddress()
    for (const Username of ['ann', 'bob']) {
      await cognito.adminCreateUser({
        UserPoolId,
        Username,
        UserAttributes: [{ Name: 'email', Value: email }],
      })
    }
  })

  test('has the newest message first, as many as are asked for', async () => {
    const read = async (query: string) => {
      const response = await send(`${ORIGIN}/_weir/outbox?${query}`)
      return ((await response.json()) as { messages: { username: string }[] }).messages
    }
    expect((await messagesTo(email)).map(({ username }) => username)).toEqual(['bob', 'ann'])
    expect((await read(`to=${email}&limit=1`)).map(({ username }) => username)).toEqual(['bob'])
    expect((await read('limit=2')).map(({ username }) => username)).toEqual(['bob', 'ann'])
    expect(await read('to=nobody@example.com')).toEqual([])
  })

  test('is read by nobody else', async () => {
    const foreign = await send(`${ORIGIN}/_weir/outbox`, { headers: { origin: 'https://example.com' } })
    expect(foreign.status).toBe(403)
    const deployed = await send(`${ORIGIN}/_weir/outbox`, {}, { ...env, WEIR_LOCAL: undefined })
    expect(deployed.status).toBe(403)
  })
})

describe('an address in a message', () => {
  test('of a pool that verifies none gets no code', async () => {
    const { ClientId } = await newPool()
    const email = newAddress()
    const { CodeDeliveryDetails } = await anonymous().signUp({
      ClientId,
      Username: 'ann',
      ...signUpWith({ email }),
    })
    expect(CodeDeliveryDetails).toBeUndefined()
    expect(await messagesTo(email)).toEqual([])
    expect(await refusal(anonymous().resendConfirmationCode({ ClientId, Username: 'ann' }))).toBe(
      'InvalidParameterException: Auto verification not turned on.',
    )
  })
})
