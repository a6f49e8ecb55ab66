import { describe, expect, it } from 'vitest'
import type { FoundPool } from '../../../src/identity/user-pools/find-pool.ts'
import type { PoolSettings } from '../../../src/identity/user-pools/pool-records.ts'
import {
  type CallTrigger,
  flagOf,
  runTrigger,
  type TriggerCall,
  triggerOf,
} from '../../../src/identity/user-pools/triggers.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:000000000000:function:trigger'
const ID = 'eu-central-1_abcdefghi'

const poolWith = (settings: PoolSettings): FoundPool => ({
  account: { id: '000000000000', region: 'eu-central-1' },
  pool: {
    parent: '',
    id: ID,
    revision: 1,
    alias: undefined,
    doc: { name: 'pool', created: 0, modified: 0, settings, schema: [], tags: {}, issuer: '', keys: [] },
  },
})

const pool = poolWith({ LambdaConfig: { PreSignUp: FUNCTION } })

const EVENT = {
  source: 'PreSignUp_SignUp',
  userName: 'ann',
  clientId: 'client',
  request: { userAttributes: {} },
  response: { autoConfirmUser: false, autoVerifyEmail: false },
}

const answering =
  (payload: string, failed = false): CallTrigger =>
  async () => ({ kind: 'answered', payload, failed })

describe('a trigger', () => {
  it('is not called where the pool has none', async () => {
    const never: CallTrigger = async () => {
      throw new Error('called')
    }
    expect(await runTrigger(never, poolWith({}), 'PreSignUp', EVENT)).toBeUndefined()
  })

  it('is given the event as Cognito documents it', async () => {
    const calls: TriggerCall[] = []
    await runTrigger(
      async call => {
        calls.push(call)
        return { kind: 'answered', payload: call.payload, failed: false }
      },
      pool,
      'PreSignUp',
      EVENT,
    )
    expect(calls).toMatchObject([
      {
        functionArn: FUNCTION,
        sourceArn: `arn:aws:cognito-idp:eu-central-1:000000000000:userpool/${ID}`,
        sourceAccount: '000000000000',
      },
    ])
    expect(JSON.parse(calls[0]!.payload)).toEqual({
      version: '1',
      region: 'eu-central-1',
      userPoolId: ID,
      userName: 'ann',
      callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'client' },
      triggerSource: 'PreSignUp_SignUp',
      request: { userAttributes: {} },
      response: { autoConfirmUser: false, autoVerifyEmail: false },
    })
  })

  it('need not fill in everything', async () => {
    const response = await runTrigger(
      answering('{"response":{"autoConfirmUser":true}}'),
      pool,
      'PreSignUp',
      EVENT,
    )
    expect(response).toEqual({ autoConfirmUser: true, autoVerifyEmail: false })
    expect(flagOf(response, 'autoConfirmUser')).toBe(true)
    expect(() => flagOf({ autoConfirmUser: 'yes' }, 'autoConfirmUser')).toThrow(
      'Unrecognizable lambda output',
    )
  })

  it.each(['null', '"text"', '{}', '{"response":null}', '{"response":[]}', 'no json'])(
    'has to answer with a response, and %s is none',
    async payload => {
      await expect(runTrigger(answering(payload), pool, 'PreSignUp', EVENT)).rejects.toMatchObject({
        code: 'InvalidLambdaResponseException',
        message: 'Unrecognizable lambda output',
      })
    },
  )

  it('says itself why it failed', async () => {
    const failing = answering('{"errorMessage":"Not you","errorType":"Error"}', true)
    await expect(runTrigger(failing, pool, 'PreSignUp', EVENT)).rejects.toMatchObject({
      code: 'UserLambdaValidationException',
      message: 'PreSignUp failed with error Not you.',
    })
  })

  it('is tried three times when it is too slow or too busy, and once when it is refused', async () => {
    let calls = 0
    const counting =
      (result: Awaited<ReturnType<CallTrigger>> | undefined): CallTrigger =>
      () => {
        calls += 1
        return result ? Promise.resolve(result) : new Promise(() => {})
      }
    const run = (call: CallTrigger) => runTrigger(call, pool, 'PreSignUp', EVENT, 5)
    await expect(run(counting(undefined))).rejects.toMatchObject({
      code: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.',
    })
    expect(calls).toBe(3)
    await expect(
      run(counting({ kind: 'refused', reason: 'TooManyRequestsException', again: true })),
    ).rejects.toThrow('PreSignUp invocation failed due to error TooManyRequestsException.')
    expect(calls).toBe(6)
    await expect(
      run(counting({ kind: 'refused', reason: 'AccessDeniedException', again: false })),
    ).rejects.toThrow('PreSignUp invocation failed due to error AccessDeniedException.')
    expect(calls).toBe(7)
  })

  it('for tokens is given the version of the event that it asks for', () => {
    const config = { LambdaArn: FUNCTION, LambdaVersion: 'V2_0' as const }
    expect(triggerOf({ LambdaConfig: { PreTokenGenerationConfig: config } }, 'PreTokenGeneration')).toEqual({
      functionArn: FUNCTION,
      version: '2',
    })
    expect(triggerOf({ LambdaConfig: { PreTokenGeneration: FUNCTION } }, 'PreTokenGeneration')).toEqual({
      functionArn: FUNCTION,
      version: '1',
    })
  })
})
