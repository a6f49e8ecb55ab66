import { expect, test } from 'vitest'
import type { CognitoHandlers } from '../../../../src/aws/services/cognito-idp/context.ts'
import { CATEGORIES, withinQuotas } from '../../../../src/aws/services/cognito-idp/request-quotas.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import { metUserPools } from '../../../../src/identity/user-pools/met-user-pools.ts'
import type { Platform } from '../../../../src/platform.ts'
import { StrangerGuard } from '../../../../src/protection/stranger-guard.ts'

type Operation = 'SignUp' | 'ConfirmSignUp' | 'ForgotPassword' | 'AdminCreateUser'

async function pools() {
  const time = { now: 0 }
  const clock = () => time.now
  const met = metUserPools(new StrangerGuard({ clock }))
  for (const [client, pool] of [
    ['app', 'pool'],
    ['web', 'pool'],
    ['other', 'another'],
  ] as const) {
    await met.clients.look(
      client,
      '192.0.2.1',
      async () => pool,
      found => found,
    )
  }
  const handler = async () => ({})
  const operations = {
    SignUp: handler,
    ConfirmSignUp: handler,
    ForgotPassword: handler,
    AdminCreateUser: handler,
  }
  const limited = withinQuotas(operations as unknown as CognitoHandlers, { met }) as unknown as Record<
    Operation,
    (input: { ClientId: string }, call: Call<Platform>) => Promise<unknown>
  >
  return {
    time,
    /** How many of so many requests are served, and what the others hear. */
    async send(operation: Operation, ClientId: string, count: number, from: (n: number) => string) {
      let served = 0
      for (let n = 0; n < count; n++) {
        const call = { platform: { clock }, sourceIp: from(n) } as unknown as Call<Platform>
        await limited[operation]({ ClientId }, call).then(
          () => (served += 1),
          error => expect(`${error.code}: ${error.message}`).toBe('TooManyRequestsException: Rate exceeded'),
        )
      }
      return served
    },
  }
}

const HERE = () => '203.0.113.7'
const everywhere = (n: number) => `198.51.100.${n}`
const { UserCreation, UserAccountRecovery } = CATEGORIES

test('a pool’s requests of a category are counted together, whatever operation and client they are of', async () => {
  const { send, time } = await pools()
  expect(await send('SignUp', 'app', 30, everywhere)).toBe(30)
  expect(await send('ConfirmSignUp', 'web', 200, everywhere)).toBe(UserCreation - 30)
  expect(await send('ForgotPassword', 'app', 200, everywhere)).toBe(UserAccountRecovery)
  expect(await send('SignUp', 'other', 200, everywhere)).toBe(UserCreation)
  time.now += 1_000
  expect(await send('SignUp', 'app', 200, everywhere)).toBe(UserCreation)
})

test('one address has half of them, and leaves the others to everybody else', async () => {
  const { send } = await pools()
  expect(await send('SignUp', 'app', 200, HERE)).toBe(UserCreation / 2)
  expect(await send('SignUp', 'web', 200, HERE)).toBe(0)
  expect(await send('SignUp', 'app', 200, everywhere)).toBe(UserCreation / 2)
})

test('what administrators sign is not counted, nor what is asked of clients that nobody knows', async () => {
  const { send } = await pools()
  expect(await send('AdminCreateUser', 'app', 200, HERE)).toBe(200)
  expect(await send('SignUp', 'made up', 200, HERE)).toBe(200)
})
